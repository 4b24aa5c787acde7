from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.campaign import CampaignConfig, CampaignSummary, run_campaign
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.quick.pool import PoolScores
from hitsieve.campaign.quick.rescore import depth_of
from hitsieve.campaign.quick.spread import Tail
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.engine import SerialExecutor
from hitsieve.scoring.trees import ForestConfig
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from pathlib import Path

# One weak tree on bits, against extra trees on counts: the second is always the better one.
QUICK = QuickConfig(
    kinds=("forest", "extra_trees"),
    blend=False,
    folds=2,
    forest=ForestConfig(trees=6, min_leaf=5),
    extra_trees=ForestConfig(trees=30, max_features=0.5),
    rescore=15,
)


def run(library: Path, folder: Path) -> CampaignSummary:
    config = CampaignConfig(
        library=library, folder=folder, initial=24, batch=6, rounds=1, seed=3, controls=0.1
    )
    oracle = FakeOracle()
    with SerialExecutor() as executor:
        return run_campaign(config, oracle, QuickSurrogate(oracle.target, config=QUICK), executor)


def test_the_best_of_the_first_stage_are_scored_again(library: Path, tmp_path: Path) -> None:
    one = run(library, tmp_path).rounds[1]
    told = one.surrogate
    folder = tmp_path / "screens" / "round-001"
    assert (told["scout"], told["chosen"]) == ("forest", "extra_trees")
    assert 15 <= told["rescored"]["compounds"] <= 60
    assert told["rescored"]["expected_loss"] >= 0
    first, merged = (
        {row["compound_id"]: row for t in pool for row in t.to_pylist()}
        for pool in (PoolScores(folder, first=True), PoolScores(folder))
    )
    assert list(merged) == list(first)
    changed = {name for name in merged if merged[name]["score"] != first[name]["score"]}
    border = told["rescored"]["border"]
    above = {n for n, r in first.items() if r["score"] + r["std"] >= border - 1e-4}
    assert changed <= above
    assert len(changed) >= 10
    for pick in one.picks:
        if pick.predicted is not None:
            assert pick.predicted == merged[pick.compound_id]["score"]


@pytest.mark.parametrize("n", [1, 20, 100, 1000])
def test_the_border_keeps_as_many_as_asked(n: int) -> None:
    rng = np.random.default_rng(1)
    mean, std = rng.normal(size=500), np.full(500, 0.3)
    pieces = [(mean[:200], std[:200]), (mean[200:], std[200:])]
    found = depth_of(pieces, n, 2.0, top=10, tail=Tail())
    assert found.compounds == min(n, 500)
    deeper = depth_of(pieces, 2 * n, 2.0, top=10, tail=Tail())
    assert deeper.expected_loss <= found.expected_loss
    if n >= 500:
        assert found.expected_loss == 0
