from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.plan import differences, plan_of, refuse_other
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.campaign.state import CampaignFolder
from hitsieve.errors import UsageError
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


def test_a_folder_of_another_plan_is_refused_with_the_keys(library: Path, tmp_path: Path) -> None:
    CampaignFolder(tmp_path, plan(library))
    before = (tmp_path / "campaign.json").read_bytes()
    refuse_other(tmp_path, plan(library))
    refuse_other(tmp_path / "empty", plan(library))
    assert not (tmp_path / "empty").exists()
    changed = plan(library, QuickConfig(folds=3), seed=9, diversity={"how": "maxmin"})
    with pytest.raises(UsageError) as caught:
        refuse_other(tmp_path, changed)
    words = str(caught.value)
    assert "config.seed was 7 and is 9" in words
    assert 'config.diversity.how was "none" and is "maxmin"' in words
    assert "surrogate.folds was 5 and is 3" in words
    assert "shards" not in words
    with pytest.raises(UsageError, match=r"config.seed was 7 and is 9"):
        CampaignFolder(tmp_path, changed)
    assert (tmp_path / "campaign.json").read_bytes() == before


def test_many_differences_are_counted_and_long_values_cut(tmp_path: Path) -> None:
    known = {"config": {f"key{n}": n for n in range(9)}, "old": "x" * 100}
    CampaignFolder(tmp_path, known)
    asked = {"config": {f"key{n}": n + 1 for n in range(9)}, "new": 1}
    with pytest.raises(UsageError, match=r"key4 was 4 and is 5; and 6 more"):
        refuse_other(tmp_path, asked)
    assert differences(known, asked)[-2:] == [
        "new was not set and is 1",
        f'old was "{"x" * 59}… and is not set',
    ]


def test_a_damaged_record_is_no_plan(tmp_path: Path) -> None:
    (tmp_path / "campaign.json").write_text("{")
    with pytest.raises(UsageError, match="damaged"):
        refuse_other(tmp_path, {"config": {}})
