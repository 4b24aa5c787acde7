from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.picks import CONTROL
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.campaign.run import Campaign
from hitsieve.campaign.status import campaign_status, rank_skill
from hitsieve.engine import SerialExecutor
from hitsieve.scoring.trees import ForestConfig
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from pathlib import Path

GOOD: dict[str, Any] = {"chosen": "a", "skills": {"a": {"spearman": 0.7}, "b": {"spearman": 0.9}}}
RANKS = {"metric": "spearman", "value": 0.4, "baseline": 0.3}
CARD: dict[str, Any] = {"metrics": [{"metric": "rmse", "value": 1.0, "baseline": 2.0}, RANKS]}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, None),
        (GOOD, 0.7),
        (CARD, 0.4),
        ({"metrics": CARD["metrics"][:1]}, None),
        ({"targets": {"x": GOOD, "y": CARD}}, 0.4),
        ({"targets": {"x": GOOD, "y": {}}}, 0.7),
        ({"targets": {"x": {}}}, None),
    ],
)
def test_skill_is_read_of_every_kind_of_surrogate(
    told: dict[str, Any], expected: float | None
) -> None:
    assert rank_skill(told) == expected


def _campaign(library: Path, folder: Path, **changes: Any) -> Campaign:
    settings = {"library": library, "folder": folder, "initial": 16, "batch": 5, "rounds": 2}
    config = CampaignConfig.model_validate({**settings, "controls": 0.2, **changes})
    quick = QuickConfig(kinds=("forest",), folds=2, forest=ForestConfig(trees=4))
    oracle = FakeOracle()
    return Campaign(config, oracle, QuickSurrogate(oracle.target, config=quick), SerialExecutor())


def test_rounds_in_numbers(library: Path, tmp_path: Path) -> None:
    campaign = _campaign(library, tmp_path, budget={"measuring": 2.0})
    empty = campaign_status(campaign)
    assert (empty.rounds, empty.measured, empty.ending) == ((), 0, None)
    campaign.run()
    found = campaign_status(campaign)
    assert (found.pool, found.measured) == (60, 26)
    assert found.ending is not None
    first, second, third = found.rounds
    assert (first.model, first.spearman) == ("", None)
    assert [one.cost for one in found.rounds] == [32.0, 10.0, 10.0]
    assert third.best_so_far == max(one.best for one in found.rounds if one.best is not None)
    assert second.spearman is not None
    rounds = campaign.rounds()
    assert [one.controls for one in found.rounds] == [
        sum(pick.reason == CONTROL for pick in one.picks) for one in rounds
    ]
    assert found.to_dict()["folder"] == str(tmp_path)


def test_an_open_round_is_told_of(library: Path, tmp_path: Path) -> None:
    campaign = _campaign(library, tmp_path)
    rounds = [campaign.step(0, [])]
    chosen = campaign.choose(1, rounds)
    last = campaign_status(campaign).rounds[-1]
    assert (last.number, last.state, last.picks) == (1, "measuring", len(chosen.picks))
    assert (last.best, last.failed) == (None, 0)
    assert last.best_so_far == max(rounds[0].values)
