from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.acquisition.acquire import AcquisitionConfig
from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.config import DiversityConfig
from hitsieve.campaign.slider import settings_at
from hitsieve.config import dump_config, load_config, parse_config
from hitsieve.errors import ConfigError, InputError

if TYPE_CHECKING:
    from pathlib import Path

BASE = {"library": "l", "folder": "f"}


def parsed(**changes: Any) -> CampaignConfig:
    return parse_config(CampaignConfig, {**BASE, **changes})


@pytest.mark.parametrize("explore", [0, 0.0, 0.3, 1.0])
def test_it_sets_what_the_table_says(explore: float) -> None:
    found = parsed(explore=explore)
    assert found.acquisition == AcquisitionConfig(
        kind="balance", explore=explore, epsilon=0.1 * explore
    )
    how = "maxmin" if explore else "none"
    assert found.diversity == DiversityConfig(how=how, weight=explore)


def test_without_it_nothing_is_set() -> None:
    assert parsed().acquisition == AcquisitionConfig()
    assert parsed(explore=None).diversity == DiversityConfig()


def test_what_it_does_not_set_may_be_given() -> None:
    found = parsed(explore=0.5, acquisition={"beta": 3}, diversity={"candidates": 4})
    assert (found.acquisition.beta, found.acquisition.explore) == (3, 0.5)
    assert (found.diversity.candidates, found.diversity.weight) == (4, 0.5)


@pytest.mark.parametrize(
    ("part", "given"),
    [
        ("acquisition", {"kind": "gain"}),
        ("acquisition", {"explore": 0.2}),
        ("acquisition", {"epsilon": 0.2}),
        ("diversity", {"how": "clusters"}),
        ("diversity", {"weight": 0.3}),
        ("diversity", DiversityConfig(weight=0.3)),
    ],
)
def test_what_it_sets_is_refused_beside_it(part: str, given: Any) -> None:
    with pytest.raises(ConfigError, match=rf"`explore: 0.5` sets `{part}\.\w+` to .* leave one"):
        parsed(explore=0.5, **{part: given})


def test_a_configuration_that_was_kept_reads_back_the_same(tmp_path: Path) -> None:
    found = parsed(explore=0.3)
    (tmp_path / "c.yaml").write_text(dump_config(found))
    assert load_config(CampaignConfig, tmp_path / "c.yaml") == found


@pytest.mark.parametrize("wrong", [1.5, -0.1, "much", "0.5", True, [0.5]])
def test_positions_it_has_not_are_refused(wrong: Any) -> None:
    with pytest.raises(ConfigError, match="explore"):
        parsed(explore=wrong)


def test_nor_has_it_settings_there() -> None:
    with pytest.raises(InputError, match="outside"):
        settings_at(1.5)


def test_worth_by_price_does_not_go_with_it() -> None:
    with pytest.raises(ConfigError, match="makes no sense of 'balance'"):
        parsed(explore=0.3, budget={"price": "p", "weigh_price": 1})
