from __future__ import annotations

import pytest

from hitsieve.library.build import Meter
from hitsieve.library.progress import Progress


def test_rate_counts_this_run_alone() -> None:
    progress = Progress("standardize", 300, 1000, 5, seconds=2.0, fresh=100)
    assert progress.rate == 50.0
    assert progress.seconds_left == 14.0


def test_no_rate_no_guess() -> None:
    assert Progress("featurize", 0, 10, 0, 0.0, 0).seconds_left is None


def test_a_meter_adds_up_and_its_total_never_lags_behind() -> None:
    seen: list[Progress] = []
    meter = Meter("standardize", 5, seen.append)
    meter.add(4, 1, fresh=False)
    meter.add(4, 2)
    assert [(p.done, p.total, p.refused, p.fresh) for p in seen] == [(4, 5, 1, 0), (8, 8, 3, 4)]
    assert seen[-1].seconds == pytest.approx(meter.seconds, abs=5)
