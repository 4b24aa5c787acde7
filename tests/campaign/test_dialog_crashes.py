"""Kill asking, telling or closing anywhere: nothing lost, nothing counted twice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.job import CampaignJob
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.oracles.inbox import ControlConfig, InboxConfig
from hitsieve.scoring.trees import ForestConfig
from hitsieve.testing.crash import HOWS, Crash
from hitsieve.testing.crash_laboratory import POINTS, Dialog, survive_dialog

if TYPE_CHECKING:
    from pathlib import Path


def job(library: Path, folder: Path) -> CampaignJob:
    controls = (
        ControlConfig(name="DMSO", role="negative", wells=2),
        ControlConfig(name="ATP", role="positive", wells=2),
    )
    oracle = InboxConfig(target="signal", endpoint="signal", unit="1", controls=controls)
    quick = QuickConfig(kinds=("forest",), folds=2, forest=ForestConfig(trees=4))
    campaign = CampaignConfig(
        library=library, folder=folder / "c", initial=16, batch=5, rounds=1, controls=0.25, seed=4
    )
    return CampaignJob(campaign=campaign, oracle=oracle, surrogate=quick)


@pytest.fixture(scope="module")
def whole(library: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    dialog = survive_dialog(
        job(library, folder), Crash("closed", 99, "kill", "driver"), folder / "s"
    )
    assert dialog.codes == [0]
    assert not dialog.happened
    return dialog.contents


def check(dialog: Dialog, whole: dict[str, bytes]) -> None:
    assert dialog.happened, dialog
    assert dialog.codes[-1] == 0, dialog.codes
    assert sorted(dialog.contents) == sorted(whole)
    assert dialog.contents == whole


def test_the_whole_dialog_keeps_each_result_once(whole: dict[str, bytes]) -> None:
    results = [json.loads(data) for name, data in whole.items() if "/results/" in name]
    # 21 compounds, two of them corrected: the former values stay beside.
    assert len(results) == 23
    assert len({one["compound_id"] for one in results}) == 21
    assert sum("/controls/" in name for name in whole) == 8
    assert len(json.loads(whole["scoreboard.json"])) == 1


FAST = (
    Crash("result kept", 4, "kill", "driver"),
    Crash("result not linked", 9, "full disk", "driver"),
    Crash("control kept", 3, "kill", "driver"),
    Crash("told", 2, "kill", "driver"),
    Crash("closed", 1, "kill", "driver"),
    Crash("round not committed", 2, "kill", "driver"),
    Crash("settled", 1, "kill", "driver"),
)


@pytest.mark.parametrize("crash", FAST, ids=lambda crash: crash.point)
def test_a_crash_changes_nothing(
    crash: Crash, library: Path, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    check(survive_dialog(job(library, tmp_path), crash, tmp_path / "s"), whole)


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("turn", range(3))
def test_a_crash_anywhere_changes_nothing(
    point: str, turn: int, library: Path, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    passage = 1 + (turn * POINTS[point].passages) // 3
    how = HOWS[turn if turn < 2 else 4]
    crash = Crash(point, passage, how, "driver")
    check(survive_dialog(job(library, tmp_path), crash, tmp_path / "s"), whole)
