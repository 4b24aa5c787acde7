from __future__ import annotations

import numpy as np
import pytest

from hitsieve.campaign.quick.spread import Tail, freedom_of, local_stretch, stretch_at


def test_heavy_tails_are_noticed() -> None:
    rng = np.random.default_rng(0)
    heavy = rng.standard_t(3, 4000) / np.sqrt(3)
    light = rng.standard_normal(4000)
    assert freedom_of(heavy) <= 4
    assert freedom_of(light) >= 10
    assert freedom_of(light[:10]) == 5


def test_few_errors_leave_heavier_tails_open() -> None:
    errors = np.random.default_rng(1).standard_normal(4000)
    assert freedom_of(errors[:60]) < freedom_of(errors)


def test_only_errors_towards_the_wanted_end_count() -> None:
    rng = np.random.default_rng(2)
    errors = rng.normal(size=2000)
    wide = Tail.of(np.where(errors > 0, 3 * errors, errors))
    assert wide.width == pytest.approx(3, rel=0.05)
    narrow = Tail.of(np.where(errors > 0, errors, 3 * errors))
    assert narrow.width == pytest.approx(1, rel=0.05)
    assert Tail.of(errors[:20]) == Tail()


def test_spreads_are_stretched_where_values_scatter() -> None:
    rng = np.random.default_rng(3)
    mean = np.sort(rng.normal(size=4000))
    scatter = np.where(mean > 0, 2.0, 0.5)
    marks, stretches = local_stretch(mean, rng.normal(size=4000) * scatter)
    assert list(marks) == sorted(marks)
    assert stretch_at(np.array([-9.0, 9.0]), marks, stretches) == pytest.approx([0.6, 2], rel=0.1)


def test_few_compounds_share_one_stretch() -> None:
    marks, stretches = local_stretch(np.arange(50.0), np.full(50, 1.5))
    assert marks == (24.5,)
    assert stretches == pytest.approx((1.5,))
