from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.engine.ray_executor import RayExecutor
from hitsieve.engine.search import Choice, LogRange, search
from hitsieve.engine.serial import SerialExecutor
from hitsieve.errors import IncompleteError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

SPACE = {"rate": LogRange(1e-4, 1.0), "layers": Choice((1, 2, 3))}
START = {"rate": 1.0, "layers": 3}


def _trial(settings: Mapping[str, Any], report: Callable[[float], None]) -> None:
    """A loss that falls to a floor; the floor is lowest at rate 0.01 with two layers."""
    import math

    floor = abs(math.log10(settings["rate"]) + 2) + abs(settings["layers"] - 2)
    for step in range(9):
        report(floor + 1 / (step + 1))
        time.sleep(0.01)


def _overfits(settings: Mapping[str, Any], report: Callable[[float], None]) -> None:
    """The faster it learns, the lower the loss in between, and the higher at the end."""
    report(1.0)
    report(1 - settings["rate"])
    for _ in range(3):
        report(1 + settings["rate"])


def _broken(settings: Mapping[str, Any], report: Callable[[float], None]) -> None:
    del report
    raise RuntimeError(f"no data for {sorted(settings)}")


@pytest.fixture(scope="module")
def ray() -> Iterator[RayExecutor]:
    with RayExecutor(2) as executor:
        yield executor


@pytest.mark.ray
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
class TestOnRay:
    def test_a_search_ends_in_time_and_finds_better(self, ray: RayExecutor) -> None:
        began = time.monotonic()
        tried = search(ray, _trial, SPACE, seconds=60, steps=9, start=START, seed=1)
        assert time.monotonic() - began < 300
        assert [one.loss for one in tried] == sorted(one.loss for one in tried)
        first = next(one for one in tried if one.settings == START)
        assert len(tried) > 2
        assert tried[0].loss < first.loss
        assert all(1 <= one.steps <= 9 for one in tried)
        assert all(1e-4 <= one.settings["rate"] <= 1 for one in tried)

    def test_what_will_be_kept_is_what_counts(self, ray: RayExecutor) -> None:
        space, start = {"rate": LogRange(1e-4, 1.0)}, {"rate": 0.5}
        ends = {}
        for last in (False, True):
            tried = search(
                ray, _overfits, space, seconds=20, steps=5, start=start, seed=1, last_counts=last
            )
            ends[last] = tried[0]
        assert ends[False].settings["rate"] > 0.5
        assert ends[False].loss < 0.5
        assert ends[True].settings["rate"] < 0.5
        assert ends[True].loss == 1 + ends[True].settings["rate"]
        assert ends[True].steps == 5

    def test_trials_that_all_fail_are_told_with_the_reason(self, ray: RayExecutor) -> None:
        with pytest.raises(IncompleteError, match="no data for"):
            search(ray, _broken, SPACE, seconds=60, steps=9, start=START, seed=1)


def test_a_search_needs_ray() -> None:
    with pytest.raises(UsageError, match="serial executor"):
        search(SerialExecutor(), _trial, SPACE, seconds=1, steps=1, start=START, seed=1)
