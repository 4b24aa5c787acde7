from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from hitsieve.errors import InputError
from hitsieve.metrics.calibration import (
    attainable_correlation,
    coverage,
    error_spread_correlation,
    interval_width,
    nll_gaussian,
)


def test_nll_equals_scipy() -> None:
    rng = np.random.default_rng(0)
    truth, mean, std = rng.normal(size=50), rng.normal(size=50), rng.random(50) + 0.1
    assert nll_gaussian(truth, mean, std) == pytest.approx(-norm.logpdf(truth, mean, std).mean())


def test_coverage_counts_ends_and_skips_the_unmeasured() -> None:
    truth = [0.0, 1.0, 3.0, float("nan")]
    lower, upper = [0.0, 0.0, 0.0, 5.0], [1.0, 1.0, 1.0, 9.0]
    assert coverage(truth, lower, upper) == pytest.approx(2 / 3)
    assert interval_width(truth, lower, upper) == 1.0


def test_true_spreads_reach_the_attainable_correlation_and_shuffled_ones_none() -> None:
    rng = np.random.default_rng(1)
    std = rng.lognormal(size=4000)
    errors = rng.normal(size=4000) * std
    reached = error_spread_correlation(errors, np.zeros(4000), std)
    assert reached == pytest.approx(attainable_correlation(std, seed=3), abs=0.04)
    assert 0.2 < reached < 0.9
    shuffled = error_spread_correlation(errors, np.zeros(4000), rng.permutation(std))
    assert abs(shuffled) < 0.06


def test_a_constant_spread_tells_nothing() -> None:
    assert math.isnan(error_spread_correlation([1.0, 2.0], [0.0, 0.0], [1.0, 1.0]))


def test_bad_input_says_what_is_wrong() -> None:
    with pytest.raises(InputError, match="below its lower end"):
        coverage([1.0], [2.0], [1.0])
    with pytest.raises(InputError, match="not positive"):
        nll_gaussian([1.0], [1.0], [0.0])
