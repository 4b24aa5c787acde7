"""A screen stopped at any named point, by anything, ends as one that was never stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.screen import run_screen
from hitsieve.testing.crash import POINTS
from hitsieve.testing.crash_runs import Story, contents, seeded, survive

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.screen import ScreenConfig
    from hitsieve.testing.fakes import FakeSources

    Configure = Callable[..., ScreenConfig]

FEW = (2, 3, 6, 10, 11)
SEEDS = [pytest.param(n, marks=() if n in FEW else pytest.mark.slow) for n in range(70)]


@pytest.fixture
def check(configure: Configure, sources: FakeSources, tmp_path: Path) -> Callable[..., Story]:
    def crash(seed: int, *, pooled: bool) -> Story:
        clean = contents(run_screen(configure("clean"), sources=sources).folder)
        drawn = seeded(seed, pooled=pooled)
        story = survive(configure(), sources, drawn, tmp_path / "scratch", pooled=pooled)
        assert story.happened, f"{drawn}: never reached"
        assert story.codes[-1] == 0, story
        assert story.torn == []
        assert story.scored_again == []
        assert story.contents == clean, drawn
        return story

    return crash


@pytest.mark.parametrize("seed", SEEDS)
def test_one_process_crashes(check: Callable[..., Story], seed: int) -> None:
    story = check(seed, pooled=False)
    if story.crash.how == "kill":
        assert story.codes[0] == -9


@pytest.mark.parametrize("seed", SEEDS)
def test_a_worker_or_its_driver_crashes(check: Callable[..., Story], seed: int) -> None:
    story = check(seed, pooled=True)
    if story.crash.how == "kill":
        assert story.codes[0] == (-9 if story.crash.role == "driver" else 0)


def test_the_seeds_meet_every_point_in_every_role() -> None:
    alone = {seeded(seed, pooled=False).point for seed in range(70)}
    pooled = {(c.role, c.point) for c in (seeded(seed, pooled=True) for seed in range(70))}
    assert alone == set(POINTS)
    assert pooled == {("worker" if p.in_worker else "driver", name) for name, p in POINTS.items()}
    hows = {(c.point, c.how == "kill") for c in (seeded(s, pooled=False) for s in range(70))}
    assert hows == {(name, killed) for name in POINTS for killed in (True, False)}
