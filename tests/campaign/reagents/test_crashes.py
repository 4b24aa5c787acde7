"""Kill a campaign over reagents anywhere, run it again: the same bytes, nothing measured twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.campaign.reagents import ReagentCampaignConfig
from hitsieve.testing.crash import Crash
from hitsieve.testing.crash_campaigns import seeded, survive, uncrashed
from hitsieve.testing.crash_reagents import REAGENT_POINTS, ReagentSetting

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def reagents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Six isocyanates and six amines."""
    root = tmp_path_factory.mktemp("reagents")
    files = {}
    for role, group in (("isocyanate", "N=C=O"), ("amine", "CN")):
        lines = [f"{'C' * n}{group} {role[0]}{n}\n" for n in range(1, 7)]
        (root / f"{role}.smi").write_text("".join(lines))
        files[role] = [str(root / f"{role}.smi")]
    return files


def setting(reagents: dict[str, list[str]], folder: Path) -> ReagentSetting:
    config = ReagentCampaignConfig.model_validate(
        {
            "folder": folder / "c",
            "library": {"reactions": ["urea"], "reagents": {"urea": reagents}, "product": {}},
            "warm_up": 2,
            "batch": 4,
            "rounds": 1,
            "controls": 0.25,
            "measure": {"pause_s": 0},
        }
    )
    return ReagentSetting(config, folder / "log")


@pytest.fixture(scope="module")
def whole(
    reagents: dict[str, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    found = uncrashed(setting(reagents, folder), folder / "s")
    assert sum("estimate.json" in name for name in found) == 2
    return found


FAST = (
    Crash("measured", 5, "kill", "worker"),
    Crash("picks", 2, "kill", "driver"),
    Crash("round not committed", 1, "error", "driver"),
    Crash("mid-estimate", 2, "kill", "driver"),
)


@pytest.mark.parametrize("crash", FAST, ids=lambda crash: f"{crash.role}-{crash.point}")
def test_a_crash_changes_nothing(
    crash: Crash, reagents: dict[str, list[str]], tmp_path: Path, whole: dict[str, bytes]
) -> None:
    story = survive(setting(reagents, tmp_path), crash, tmp_path / "s", pooled=True)
    story.expect_unharmed(whole)


@pytest.mark.slow
@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize("seed", range(len(REAGENT_POINTS)))
def test_a_crash_anywhere_changes_nothing(
    seed: int,
    reagents: dict[str, list[str]],
    tmp_path: Path,
    whole: dict[str, bytes],
    *,
    pooled: bool,
) -> None:
    crash = seeded(seed, pooled=pooled, known=REAGENT_POINTS)
    story = survive(setting(reagents, tmp_path), crash, tmp_path / "s", pooled=pooled)
    story.expect_unharmed(whole)
