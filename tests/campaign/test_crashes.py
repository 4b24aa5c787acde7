"""Kill a campaign anywhere, run it again: the same picks, no label lost, none measured twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.quick.config import PruneConfig, QuickConfig
from hitsieve.oracles import MeasureConfig
from hitsieve.scoring.trees import ForestConfig
from hitsieve.testing.crash import Crash
from hitsieve.testing.crash_campaigns import POINTS, Setting, seeded, survive, uncrashed

if TYPE_CHECKING:
    from pathlib import Path

QUICK = QuickConfig(
    kinds=("forest",), folds=2, forest=ForestConfig(trees=4), prune=PruneConfig(loss=0.02, top=3)
)


def setting(library: Path, folder: Path) -> Setting:
    config = CampaignConfig(
        library=library,
        folder=folder / "c",
        initial=16,
        batch=4,
        rounds=1,
        controls=0.25,
        seed=4,
        measure=MeasureConfig(pause_s=0),
    )
    return Setting(config, QUICK, folder / "log")


@pytest.fixture(scope="module")
def whole(library: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    return uncrashed(setting(library, folder), folder / "s")


FAST = (
    Crash("measuring", 4, "full disk", "worker"),
    Crash("measured", 5, "kill", "worker"),
    Crash("mid-label", 3, "kill", "worker"),
    Crash("picks", 2, "kill", "driver"),
    Crash("round not committed", 1, "error", "driver"),
    Crash("scores not committed", 1, "kill", "worker"),
)


@pytest.mark.parametrize("crash", FAST, ids=lambda crash: f"{crash.role}-{crash.point}")
def test_a_crash_changes_nothing(
    crash: Crash, library: Path, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    story = survive(setting(library, tmp_path), crash, tmp_path / "s", pooled=True)
    story.expect_unharmed(whole)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2 * len(POINTS)))
def test_a_crash_anywhere_changes_nothing(
    seed: int, library: Path, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    crash = seeded(seed, pooled=False)
    story = survive(setting(library, tmp_path), crash, tmp_path / "s", pooled=False)
    story.expect_unharmed(whole)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2 * len(POINTS)))
def test_a_crash_of_pooled_workers_or_their_driver_changes_nothing(
    seed: int, library: Path, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    crash = seeded(seed, pooled=True)
    story = survive(setting(library, tmp_path), crash, tmp_path / "s", pooled=True)
    story.expect_unharmed(whole)
