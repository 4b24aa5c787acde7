from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from hitsieve.campaign.tail import fit_outcomes


def _sample(n: int, *, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    predicted = rng.normal(7.0, 1.5, n)
    return predicted, 3.0 + 0.6 * predicted + 0.5 * rng.standard_normal(n)


def test_chances_come_close_to_the_truth() -> None:
    predicted, values = _sample(3000)
    outcomes = fit_outcomes(predicted, values, predicted, values, draws=200, seed=3)
    at = np.array([5.0, 7.0, 9.0])
    found = outcomes.exceeding(8.0, at).mean(axis=0)
    np.testing.assert_allclose(found, stats.norm.sf((5.0 - 0.6 * at) / 0.5), atol=0.03)


def test_few_pairs_leave_more_doubt_than_many() -> None:
    spreads = []
    for n in (40, 2000):
        predicted, values = _sample(n)
        outcomes = fit_outcomes(predicted, values, predicted, values, draws=300, seed=3)
        spreads.append(float(outcomes.exceeding(8.0, np.array([8.0])).std()))
    assert spreads[0] > 3 * spreads[1]


def test_values_above_a_threshold_are_above_it_and_follow_the_same_law() -> None:
    predicted, values = _sample(400)
    outcomes = fit_outcomes(predicted, values, predicted, values, draws=50, seed=3)
    at, lots = np.full(2000, 8.0), np.random.default_rng(5).uniform(0, 1, 2000)
    which = np.zeros(2000, np.int64)
    chance = outcomes.exceeding(8.2, at[:1])[0]
    drawn = outcomes.above(which, at, np.full(2000, chance[0]), lots)
    assert drawn.min() >= 8.2 - 1e-9
    beyond = outcomes.exceeding(8.6, at[:1])[0, 0] / chance[0]
    assert (drawn > 8.6).mean() == pytest.approx(beyond, abs=0.04)


def test_equal_seeds_draw_equal_posteriors_in_any_unit() -> None:
    predicted, values = _sample(60)
    one = fit_outcomes(predicted, values, predicted, values, draws=20, seed=3)
    same = fit_outcomes(predicted, values, predicted, values, draws=20, seed=3)
    np.testing.assert_array_equal(one.draws, same.draws)
    scaled = fit_outcomes(
        10 * predicted, 10 * values - 4, 10 * predicted, 10 * values - 4, draws=20, seed=3
    )
    np.testing.assert_allclose(
        scaled.exceeding(10 * 8.0 - 4, np.array([80.0])).mean(),
        one.exceeding(8.0, np.array([8.0])).mean(),
        atol=1e-3,
    )


def test_constant_predictions_are_no_obstacle() -> None:
    values = np.random.default_rng(1).standard_normal(50)
    outcomes = fit_outcomes(np.zeros(50), values, np.zeros(50), values, draws=100, seed=1)
    assert outcomes.exceeding(0.0, np.zeros(1)).mean() == pytest.approx(0.5, abs=0.2)


def _exceeding(values: np.ndarray, predicted: np.ndarray, threshold: float) -> float:
    """Return how many of 5,000 compounds are expected above a threshold, by 300 of them."""
    few = slice(0, 300)
    outcomes = fit_outcomes(
        predicted[few], values[few], predicted, values[few], draws=150, seed=3
    )  # fmt: skip
    return float(np.median(outcomes.exceeding(threshold, predicted).sum(axis=1)))


@pytest.mark.parametrize("shape", ["crowded", "bounded", "even", "stretched"])
def test_high_values_may_crowd_or_thin_out(shape: str) -> None:
    rng = np.random.default_rng(8)
    predicted = rng.standard_normal(5_000)
    latent = predicted + rng.standard_normal(5_000)
    values = {
        "crowded": -np.exp(-latent),
        "bounded": -np.exp(-latent / 2),
        "even": latent,
        "stretched": np.exp(latent / 2),
    }[shape]
    threshold = float(np.sort(values)[-25])
    assert 6 <= _exceeding(values, predicted, threshold) <= 100


def test_errors_of_low_values_say_nothing_of_high_ones() -> None:
    rng = np.random.default_rng(8)
    predicted = rng.standard_normal(5_000)
    values = predicted + rng.standard_normal(5_000)
    low = np.where(values < np.median(values), values - 50 * rng.random(5_000), values)
    found = [_exceeding(some, predicted, float(np.sort(some)[-25])) for some in (values, low)]
    assert 0.5 < found[1] / found[0] < 2


def test_values_above_thresholds_of_every_piece_are_above_them() -> None:
    predicted, values = _sample(300)
    outcomes = fit_outcomes(predicted, values, predicted, values, draws=50, seed=3)
    which, at = np.arange(50), np.full(50, 7.0)
    for threshold in np.quantile(values, [0.2, 0.5, 0.8, 0.95, 0.99]):
        chance = outcomes.exceeding(float(threshold), at[:1])[:, 0]
        drawn = outcomes.above(which, at, chance, np.ones(50))
        np.testing.assert_allclose(drawn, threshold, rtol=1e-6)


def test_most_of_a_pool_at_the_limit_of_an_assay_is_no_obstacle() -> None:
    predicted, values = _sample(200)
    limited = np.maximum(values, np.quantile(values, 0.8))
    outcomes = fit_outcomes(predicted, limited, predicted, limited, draws=100, seed=3)
    chance = outcomes.exceeding(float(np.quantile(values, 0.9)), predicted).mean()
    assert chance == pytest.approx(0.1, abs=0.05)
