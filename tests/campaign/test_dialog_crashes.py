"""Kill asking, telling or closing anywhere: nothing lost, nothing counted twice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.job import CampaignJob
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.config import parse_config
from hitsieve.oracles.inbox import ControlConfig, InboxConfig
from hitsieve.scoring.trees import ForestConfig
from hitsieve.testing.crash import HOWS, Crash
from hitsieve.testing.crash_laboratory import POINTS, Dialog, survive_dialog

if TYPE_CHECKING:
    from pathlib import Path


TARGETS = ("potency", "clearance")
OF_ONE_TARGET = ("batch asked", "told", "closed")
"""Points that only the inbox of one target passes."""


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


def panel(library: Path, folder: Path) -> CampaignJob:
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


JOBS = {"target": job, "panel": panel}


@pytest.fixture(scope="module")
def wholes(library: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes]]:
    """What each kind of dialog leaves when nothing crashes."""
    found = {}
    for kind, made in JOBS.items():
        folder = tmp_path_factory.mktemp("whole")
        dialog = survive_dialog(
            made(library, folder), Crash("settled", 99, "kill", "driver"), folder / "s"
        )
        assert dialog.codes == [0]
        assert not dialog.happened
        found[kind] = dialog.contents
    return found


def check(dialog: Dialog, whole: dict[str, bytes]) -> None:
    assert dialog.happened, dialog
    assert dialog.codes[-1] == 0, dialog.codes
    assert sorted(dialog.contents) == sorted(whole)
    assert dialog.contents == whole


def test_the_whole_dialog_keeps_each_result_once(wholes: dict[str, dict[str, bytes]]) -> None:
    whole = wholes["target"]
    results = [json.loads(data) for name, data in whole.items() if "/results/" in name]
    # 21 compounds, two of them corrected: the former values stay beside.
    assert len(results) == 23
    assert len({one["compound_id"] for one in results}) == 21
    assert sum("/controls/" in name for name in whole) == 8
    assert len(json.loads(whole["scoreboard.json"])) == 1


@pytest.mark.parametrize("target", TARGETS)
def test_a_panel_keeps_each_result_of_each_target_once(
    target: str, wholes: dict[str, dict[str, bytes]]
) -> None:
    told = [
        json.loads(data)
        for name, data in wholes["panel"].items()
        if "/results/" in name and f"/targets/{target}" in name
    ]
    assert len(told) == 23
    assert len({one["compound_id"] for one in told}) == 21


FAST = (
    ("target", Crash("result kept", 4, "kill", "driver")),
    ("target", Crash("result not linked", 9, "full disk", "driver")),
    ("target", Crash("control kept", 3, "kill", "driver")),
    ("target", Crash("told", 2, "kill", "driver")),
    ("target", Crash("closed", 1, "kill", "driver")),
    ("target", Crash("round not committed", 2, "kill", "driver")),
    ("target", Crash("settled", 1, "kill", "driver")),
    ("panel", Crash("mid-result", 20, "kill", "driver")),
    ("panel", Crash("result kept", 25, "kill", "driver")),
    ("panel", Crash("result not linked", 3, "full disk", "driver")),
    ("panel", Crash("round not committed", 2, "kill", "driver")),
    ("panel", Crash("settled", 1, "kill", "driver")),
)


@pytest.mark.parametrize(("kind", "crash"), FAST, ids=lambda one: getattr(one, "point", one))
def test_a_crash_changes_nothing(
    kind: str, crash: Crash, library: Path, tmp_path: Path, wholes: dict[str, dict[str, bytes]]
) -> None:
    check(survive_dialog(JOBS[kind](library, tmp_path), crash, tmp_path / "s"), wholes[kind])


ANYWHERE = [
    (kind, point)
    for kind in JOBS
    for point in POINTS
    if kind == "target" or point not in OF_ONE_TARGET
]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "point"), ANYWHERE)
@pytest.mark.parametrize("turn", range(3))
def test_a_crash_anywhere_changes_nothing(
    kind: str,
    point: str,
    turn: int,
    library: Path,
    tmp_path: Path,
    wholes: dict[str, dict[str, bytes]],
) -> None:
    passage = 1 + (turn * POINTS[point].passages) // 3
    how = HOWS[turn if turn < 2 else 4]
    crash = Crash(point, passage, how, "driver")
    check(survive_dialog(JOBS[kind](library, tmp_path), crash, tmp_path / "s"), wholes[kind])
