from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.plan import plan_of
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.library import Library
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from pathlib import Path


def plan(library: Path, quick: QuickConfig | None = None, **changes: Any) -> dict[str, Any]:
    config = CampaignConfig.model_validate({"library": library, "folder": "f", **changes})
    oracle = FakeOracle()
    surrogate = QuickSurrogate(oracle.target, config=quick or QuickConfig())
    return plan_of(config, oracle, surrogate, Library.open(library))


@pytest.mark.parametrize(
    "changes",
    [
        {"folder": "elsewhere"},
        {"rounds": 9},
        {"batch": 7},
        {"budget": {"measurements": 50}},
        {"stop": {"patience": 2}},
        {"exclude": ["a.txt"]},
        {"measure": {"attempts": 9}},
    ],
)
def test_limits_and_places_may_change(library: Path, changes: dict[str, Any]) -> None:
    assert plan(library, **changes) == plan(library)


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 8},
        {"initial": 9},
        {"controls": 0.1},
        {"first": {"how": "diverse"}},
        {"acquisition": {"kind": "greedy"}},
        {"diversity": {"how": "maxmin"}},
        {"explore": 0.4},
    ],
)
def test_what_decides_picks_may_not(library: Path, changes: dict[str, Any]) -> None:
    assert plan(library, **changes) != plan(library)


def test_the_surrogate_and_the_pool_decide_picks(library: Path) -> None:
    other = QuickConfig(kinds=("forest",))
    assert plan(library, other) != plan(library)
    whole = plan(library)
    assert whole["surrogate"] == QuickConfig().model_dump(mode="json")
    assert whole["shards"] == [[one.name, one.sha256] for one in Library.open(library).shards]
    assert whole["oracle"].startswith("fake-")


def test_settings_that_came_later_are_told_only_where_they_change_something(library: Path) -> None:
    spread = {"how": "maxmin"}
    assert "space" not in plan(library, diversity=spread)["config"]["diversity"]
    moved = plan(library, diversity={**spread, "space": "embedding"})
    assert moved["config"]["diversity"]["space"] == "embedding"
    # The slider is what it sets.
    slid = plan(library, explore=0.4)["config"]
    assert "explore" not in slid
    assert slid["acquisition"]["explore"] == 0.4
