from __future__ import annotations

import math

import numpy as np
import pytest

from hitsieve.errors import InputError
from hitsieve.metrics.bootstrap import interval
from hitsieve.metrics.ranking import enrichment_factor
from hitsieve.metrics.regression import rmse


def test_the_interval_of_a_mean_is_two_standard_errors_wide() -> None:
    values = np.random.default_rng(0).normal(size=400)
    low, value, high = interval(np.mean, values, seed=1)
    assert value == pytest.approx(values.mean())
    assert high - low == pytest.approx(2 * 1.96 * values.std() / 20, rel=0.15)


def test_equal_seeds_give_equal_intervals_and_pairs_stay_together() -> None:
    truth = np.arange(50.0)
    assert interval(rmse, truth, truth + 2.0, seed=5) == (2.0, 2.0, 2.0)
    noisy = truth + np.sin(truth)
    assert interval(rmse, truth, noisy, seed=5) == interval(rmse, truth, noisy, seed=5)
    assert interval(rmse, truth, noisy, seed=5) != interval(rmse, truth, noisy, seed=6)


def test_coverage_of_the_true_mean_is_near_the_level() -> None:
    rng = np.random.default_rng(3)
    inside = 0
    for trial in range(200):
        low, _, high = interval(np.mean, rng.normal(size=60), seed=trial, n=200, level=0.9)
        inside += low <= 0.0 <= high
    assert 0.82 <= inside / 200 <= 0.96


def test_resamples_without_actives_are_left_out() -> None:
    actives = np.arange(20) < 1
    low, value, high = interval(
        lambda a, s: enrichment_factor(a, s, 0.1), actives, -np.arange(20.0), seed=0
    )
    assert value == 10.0
    assert low <= value
    assert math.isfinite(high)


def test_mostly_undefined_metrics_have_no_interval() -> None:
    low, value, high = interval(lambda _: float("nan"), np.ones(5), seed=0, n=20)
    assert math.isnan(low)
    assert math.isnan(value)
    assert math.isnan(high)


def test_bad_input_says_what_is_wrong() -> None:
    with pytest.raises(InputError, match="level"):
        interval(np.mean, np.ones(3), seed=0, level=1.0)
    with pytest.raises(InputError, match="no arrays"):
        interval(np.mean, seed=0)
