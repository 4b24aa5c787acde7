from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.config import parse_config
from hitsieve.errors import ConfigError
from hitsieve.registry.config import BundleConfig

if TYPE_CHECKING:
    from hitsieve.registry.contents import BundleContents


def test_names_keep_the_order_of_the_outputs(contents: BundleContents) -> None:
    values = contents.config.model_dump()
    values["targets"] = [{**values["targets"][0], "name": name} for name in ("z", "a")]
    assert parse_config(BundleConfig, values).target_names == ["z", "a"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"featurizer": "not hex"}, "hexadecimal"),
        ({"members": 0}, "members"),
        ({"targets": []}, "targets"),
        ({"level": 1.0}, "level"),
        ({"nework": {}}, "did you mean 'network'"),
    ],
)
def test_impossible_values_are_refused(
    contents: BundleContents, change: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_config(BundleConfig, contents.config.model_dump() | change)


def test_a_target_named_twice_is_refused(contents: BundleContents) -> None:
    values = contents.config.model_dump()
    values["targets"] = list(values["targets"]) * 2
    with pytest.raises(ConfigError, match="named twice"):
        parse_config(BundleConfig, values)
