"""Kill campaigns of several targets, in two stages, with networks that go on, or of a program."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.quick.config import PruneConfig, QuickConfig
from hitsieve.oracles import MeasureConfig
from hitsieve.scoring.perceptron import PerceptronConfig
from hitsieve.scoring.trees import ForestConfig
from hitsieve.testing.crash import Crash
from hitsieve.testing.crash_campaigns import NEVER, POINTS, Setting, seeded, survive, uncrashed
from hitsieve.testing.crash_kinds import (
    PANEL_POINTS,
    RESCORE_POINTS,
    PanelSetting,
    ProgramSetting,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hitsieve.testing.crash import Point
    from hitsieve.testing.crash_campaigns import Runnable

FOREST = QuickConfig(
    kinds=("forest",), folds=2, forest=ForestConfig(trees=4), prune=PruneConfig(loss=0.02, top=3)
)
STAGES = QuickConfig(
    kinds=("forest", "extra_trees"),
    blend=False,
    folds=2,
    forest=ForestConfig(trees=2, min_leaf=10),
    extra_trees=ForestConfig(trees=30),
    rescore=12,
    prune=PruneConfig(loss=0.02, top=3),
)
NETWORKS = QuickConfig(
    kinds=("perceptron",),
    folds=2,
    fine_tune=True,
    perceptron=PerceptronConfig(hidden=8, epochs=4, least_steps=20),
)


def campaign(library: Path, folder: Path, rounds: int = 2) -> CampaignConfig:
    return CampaignConfig(
        library=library,
        folder=folder / "c",
        initial=16,
        batch=4,
        rounds=rounds,
        controls=0.25,
        seed=4,
        measure=MeasureConfig(pause_s=0),
    )


def setting(kind: str, library: Path, folder: Path, **more: Any) -> Runnable:
    config, log = campaign(library, folder), folder / "log"
    if kind == "panel":
        return PanelSetting(config, FOREST, log)
    if kind == "program":
        return ProgramSetting(config, FOREST, log, folder / "s", **more)
    return Setting(config, STAGES if kind == "stages" else NETWORKS, log)


KNOWN: dict[str, Mapping[str, Point]] = {
    "panel": PANEL_POINTS,
    "stages": RESCORE_POINTS,
    "networks": POINTS,
    "program": POINTS,
}


@pytest.fixture(scope="module", params=list(KNOWN))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def whole(kind: str, library: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    return uncrashed(setting(kind, library, folder), folder / "s")


def test_a_campaign_of_its_kind_was_crashed(kind: str, whole: dict[str, bytes]) -> None:
    names = set(whole)
    marks = {
        "panel": "screens/round-001/kept/shard-00000.parquet",
        "stages": "screens/round-002/rescored/scores/shard-00000.parquet",
        "networks": "screens/round-002/perceptron.npz",
        "program": "screens/round-002/forest.npz",
    }
    assert marks[kind] in names
    oracles = {name.split("/")[1].partition("-")[0] for name in names if name.startswith("labels/")}
    wanted = {"panel": {"fake", "short"}, "program": {"command"}}
    assert oracles == wanted.get(kind, {"fake"})


FAST = {
    "panel": (Crash("mid-kept", 1, "kill", "driver"), Crash("labeled", 5, "kill", "worker")),
    "stages": (Crash("rescored not committed", 1, "kill", "worker"),),
    "networks": (Crash("surrogate", 1, "kill", "worker"),),
    "program": (Crash("label not linked", 3, "kill", "worker"),),
}


def test_a_crash_changes_nothing(
    kind: str, library: Path, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    for number, crash in enumerate(FAST[kind]):
        folder = tmp_path / str(number)
        folder.mkdir()
        one = setting(kind, library, folder)
        story = survive(one, crash, folder / "s", pooled=True, known=KNOWN[kind])
        story.expect_unharmed(whole)


@pytest.mark.parametrize("kind", ["program"], indirect=True)
@pytest.mark.parametrize("pooled", [False, True])
def test_a_program_killed_from_outside_is_started_again(
    kind: str, library: Path, tmp_path: Path, whole: dict[str, bytes], *, pooled: bool
) -> None:
    one = setting(kind, library, tmp_path, kill_at=11)
    story = survive(one, NEVER, tmp_path / "s", pooled=pooled)
    story.expect_unharmed(whole)
    # Neither worker nor driver ended for it, and no compound bears the blame.
    assert story.codes == [0, 0]
    names = (tmp_path / "log").read_text().split()
    assert len(names) == len(set(names)) + 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(24))
@pytest.mark.parametrize("pooled", [False, True])
def test_a_crash_anywhere_changes_nothing(
    seed: int,
    kind: str,
    library: Path,
    tmp_path: Path,
    whole: dict[str, bytes],
    *,
    pooled: bool,
) -> None:
    known = meant(kind)
    crash = seeded(seed, pooled=pooled, known=known)
    one = setting(kind, library, tmp_path)
    story = survive(one, crash, tmp_path / "s", pooled=pooled, known=known)
    story.expect_unharmed(whole)


def meant(kind: str) -> dict[str, Point]:
    """Return the points that a campaign of a kind passes: not each has each."""
    left_out = {
        "panel": {"mid-pruning", "measuring", "measured"},
        "program": {"measuring", "measured"},
        "networks": set(),
        "stages": set(),
    }
    return {name: point for name, point in KNOWN[kind].items() if name not in left_out[kind]}
