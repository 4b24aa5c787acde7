from __future__ import annotations

import pytest

from hitsieve.config import parse_config
from hitsieve.errors import ConfigError
from hitsieve.networks.config import NetworkConfig


def test_defaults_are_chemprops() -> None:
    config = NetworkConfig()
    assert (config.encoder, config.hidden, config.depth, config.readout) == (
        "dmpnn",
        300,
        3,
        "mean",
    )
    assert (config.head_hidden, config.head_layers) == (300, 1)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"encoder": "dmpn"}, "encoder"),
        ({"depth": 0}, "depth"),
        ({"hiden": 10}, "did you mean 'hidden'"),
        ({"dropout": 1.0}, "dropout"),
        ({"vocabulary": "chemprop_v1"}, "did you mean 'chemprop_v2'"),
    ],
)
def test_wrong_settings_are_named(values: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse_config(NetworkConfig, values)
