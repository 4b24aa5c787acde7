from __future__ import annotations

import json
import math

import numpy as np
import pytest

from hitsieve.calibration.conformal import ConformalIntervals
from hitsieve.errors import InputError
from hitsieve.metrics.calibration import coverage, error_spread_correlation


def _world(
    n: int, seed: int, *, heavy: bool = False, told: bool = True
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth, prediction and predicted spread; the true spread is three times the predicted."""
    rng = np.random.default_rng(seed)
    spread = rng.lognormal(0.0, 0.7, size=(n, 1)) * 0.2
    noise = rng.standard_t(3, size=(n, 1)) if heavy else rng.standard_normal((n, 1))
    mean = rng.normal(6.0, 1.0, size=(n, 1))
    return mean + 3 * spread * noise, mean, spread if told else rng.permutation(spread)


@pytest.mark.parametrize("heavy", [False, True])
@pytest.mark.parametrize("told", [False, True])
@pytest.mark.parametrize(("n", "level"), [(25, 0.9), (100, 0.9), (400, 0.8)])
def test_coverage_on_new_data_is_what_was_promised(
    *, heavy: bool, told: bool, n: int, level: float
) -> None:
    covered = []
    for seed in range(60):
        fit = ConformalIntervals.fit(*_world(n, seed, heavy=heavy, told=told), level)
        assert fit.method == ("conformal",)
        y, mean, std = _world(500, 10_000 + seed, heavy=heavy, told=told)
        lower, upper = fit.interval(mean, std)
        covered.append(coverage(y[:, 0], lower[:, 0], upper[:, 0]))
    # the promise holds on average over calibration sets; fitting the floor costs a little
    slack = 0.025 if n < 50 else 0.012
    assert level - slack <= np.mean(covered) <= level + 1.5 / (n + 1) + slack


def test_a_spread_that_tells_errors_gives_narrower_intervals_than_one_that_does_not() -> None:
    y, mean, std = _world(2000, 0)
    wise, blind = (ConformalIntervals.fit(y, mean, s) for s in (std, np.full_like(std, 0.3)))
    width = [np.subtract(*fit.interval(mean, s)[::-1]).mean()
             for fit, s in ((wise, std), (blind, np.full_like(std, 0.3)))]  # fmt: skip
    assert width[0] < 0.95 * width[1]  # 0.93 in theory, for this spread of spreads
    assert error_spread_correlation(y[:, 0], mean[:, 0], wise.spread(std)[:, 0]) > 0.3


def test_a_spread_that_tells_nothing_gets_a_large_floor() -> None:
    told = ConformalIntervals.fit(*_world(2000, 1))
    untold = ConformalIntervals.fit(*_world(2000, 1, told=False))
    assert untold.floor[0] > 5 * told.floor[0]


def test_an_ensemble_that_agrees_by_chance_has_no_zero_width() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=(50, 1))
    fit = ConformalIntervals.fit(y, np.zeros((50, 1)), np.zeros((50, 1)))
    lower, upper = fit.interval([[0.0]], [[0.0]])
    assert 1.0 < (upper - lower)[0, 0] < 6.0


def test_the_quantile_is_the_finite_sample_one() -> None:
    # equal spreads: the ratio is |y| over a constant, the rank ceil(21 * 0.9) = 19 of 20
    y = np.arange(1.0, 21.0)[:, None]
    fit = ConformalIntervals.fit(y, np.zeros_like(y), np.ones_like(y), 0.9)
    _, upper = fit.interval([[0.0]], [[1.0]])
    assert upper[0, 0] == pytest.approx(19.0)


def test_targets_are_calibrated_each_on_its_own_labels() -> None:
    y, mean, std = (np.repeat(a, 4, axis=1) for a in _world(60, 2))
    y[12:, 1] = np.nan
    y[2:, 2] = np.nan
    y[:, 3] += 50
    fit = ConformalIntervals.fit(y, mean, std)
    assert fit.method == ("conformal", "student", "none", "conformal")
    assert fit.count.tolist() == [60, 12, 2, 60]
    lower, upper = fit.interval(mean, std)
    assert np.isnan(lower[:, 2]).all()
    assert (upper - lower)[:, 3].mean() > 20 * (upper - lower)[:, 0].mean()


def test_few_measurements_are_covered_all_the_same() -> None:
    covered = []
    for seed in range(300):
        fit = ConformalIntervals.fit(*_world(8, seed))
        assert fit.method == ("student",)
        y, mean, std = _world(50, 5000 + seed)
        lower, upper = fit.interval(mean, std)
        covered.append(coverage(y[:, 0], lower[:, 0], upper[:, 0]))
    assert 0.85 <= np.mean(covered) <= 0.97


def test_calibrated_std_is_the_true_one() -> None:
    fit = ConformalIntervals.fit(*_world(4000, 3))
    _, _, std = _world(4000, 4)
    assert np.median(fit.calibrated_std(std) / (3 * std)) == pytest.approx(1.0, abs=0.05)


def test_it_survives_json() -> None:
    y, mean, std = _world(30, 5)
    fit = ConformalIntervals.fit(
        np.hstack([y, y * np.nan]), np.hstack([mean] * 2), np.hstack([std] * 2)
    )
    back = ConformalIntervals.from_dict(json.loads(json.dumps(fit.to_dict(), allow_nan=False)))
    assert back.factor[0] == fit.factor[0]
    assert math.isnan(back.factor[1])
    assert back.method == fit.method
    with pytest.raises(InputError, match="lacks the key"):
        ConformalIntervals.from_dict({"level": 0.9})


def test_bad_input_says_what_is_wrong() -> None:
    y, mean, std = _world(30, 6)
    with pytest.raises(InputError, match="level"):
        ConformalIntervals.fit(y, mean, std, 1.0)
    with pytest.raises(InputError, match="shapes differ"):
        ConformalIntervals.fit(y, mean[:5], std)
    with pytest.raises(InputError, match="not finite or a negative"):
        ConformalIntervals.fit(y, mean * np.nan, std)
    with pytest.raises(InputError, match="negative"):
        ConformalIntervals.fit(y, mean, -std)
    with pytest.raises(InputError, match="1 calibrated targets"):
        ConformalIntervals.fit(y, mean, std).interval(np.zeros((3, 2)), np.zeros((3, 2)))


def test_perfect_predictions_have_no_width() -> None:
    zeros = np.zeros((30, 1))
    lower, upper = ConformalIntervals.fit(zeros, zeros, zeros).interval(zeros, zeros)
    assert (upper - lower).max() == 0.0
