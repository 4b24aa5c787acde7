"""Kill a laboratory's panel while it is asked, told or closed: nothing lost, nothing told twice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hitsieve.campaign.job import CampaignJob
from hitsieve.config import parse_config
from hitsieve.testing.crash import HOWS, Crash
from hitsieve.testing.crash_laboratory import POINTS, Dialog, survive_dialog

if TYPE_CHECKING:
    from pathlib import Path

TARGETS = ("potency", "clearance")
OF_ONE_TARGET = ("batch asked", "told", "closed")
"""Points that only the inbox of one target passes."""


def job(library: Path, folder: Path) -> CampaignJob:
    """Two targets of the same wells, each with a control of its own."""
    potency, clearance = (
        {"kind": "inbox", "target": target, "endpoint": target, "unit": unit,
         "controls": [{"name": name, "role": "negative", "wells": 2}]}
        for target, unit, name in zip(TARGETS, ("1", "%"), ("DMSO", "water"), strict=True)
    )  # fmt: skip
    return parse_config(
        CampaignJob,
        {
            "campaign": {"library": library, "folder": folder / "c", "initial": 16, "batch": 5,
                         "rounds": 1, "controls": 0.25, "seed": 4},
            "panel": [potency, {**clearance, "higher_is_better": False}],
            "objective": {"components": [
                {"target": "potency", "transform": {"low": 4, "high": 30}},
                {"target": "clearance", "transform": {"kind": "falling", "low": 5, "high": 40}},
            ]},
            "surrogate": {"kind": "quick", "kinds": ["forest"], "folds": 2,
                          "forest": {"trees": 4}},
        },
    )  # fmt: skip


@pytest.fixture(scope="module")
def whole(library: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    dialog = survive_dialog(
        job(library, folder), Crash("settled", 99, "kill", "driver"), folder / "s"
    )
    assert dialog.codes == [0]
    assert not dialog.happened
    return dialog.contents


def check(dialog: Dialog, whole: dict[str, bytes]) -> None:
    assert dialog.happened, dialog
    assert dialog.codes[-1] == 0, dialog.codes
    assert sorted(dialog.contents) == sorted(whole)
    assert dialog.contents == whole


def test_the_whole_dialog_keeps_each_result_of_each_target_once(whole: dict[str, bytes]) -> None:
    for target in TARGETS:
        told = [json.loads(data) for name, data in whole.items()
                if "/results/" in name and f"/targets/{target}" in name]  # fmt: skip
        # 21 compounds, two of them corrected: the former values stay beside.
        assert len(told) == 23
        assert len({one["compound_id"] for one in told}) == 21


FAST = (
    Crash("mid-result", 20, "kill", "driver"),
    Crash("result kept", 25, "kill", "driver"),
    Crash("result not linked", 3, "full disk", "driver"),
    Crash("round not committed", 2, "kill", "driver"),
    Crash("settled", 1, "kill", "driver"),
)


@pytest.mark.parametrize("crash", FAST, ids=lambda crash: crash.point)
def test_a_crash_changes_nothing(
    crash: Crash, library: Path, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    check(survive_dialog(job(library, tmp_path), crash, tmp_path / "s"), whole)


@pytest.mark.slow
@pytest.mark.parametrize("point", [point for point in POINTS if point not in OF_ONE_TARGET])
@pytest.mark.parametrize("turn", range(3))
def test_a_crash_anywhere_changes_nothing(
    point: str, turn: int, library: Path, tmp_path: Path, whole: dict[str, bytes]
) -> None:
    passage = 1 + (turn * POINTS[point].passages) // 3
    how = HOWS[turn if turn < 2 else 4]
    crash = Crash(point, passage, how, "driver")
    check(survive_dialog(job(library, tmp_path), crash, tmp_path / "s"), whole)
