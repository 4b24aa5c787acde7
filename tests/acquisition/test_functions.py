from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import integrate
from scipy.stats import norm

from hitsieve.acquisition.functions import (
    expected_improvement,
    greedy,
    probability_of_improvement,
    random_values,
    thompson,
    upper_confidence_bound,
)
from hitsieve.errors import InputError

means = hnp.arrays(float, 8, elements=st.floats(-50, 50))
stds = hnp.arrays(float, 8, elements=st.floats(0, 10))


@pytest.mark.parametrize("mean", [-1.0, 0.0, 2.5])
@pytest.mark.parametrize("std", [0.1, 1.0, 4.0])
@pytest.mark.parametrize("xi", [0.0, 0.3])
def test_improvements_equal_their_integrals(mean: float, std: float, xi: float) -> None:
    best = 0.5
    gain, _ = integrate.quad(
        lambda y: (y - best - xi) * norm.pdf(y, mean, std), best + xi, mean + 12 * std + 5,
        points=[mean] if mean > best + xi else None,
    )  # fmt: skip
    assert expected_improvement([mean], [std], best, xi=xi)[0] == pytest.approx(gain, abs=1e-7)
    assert probability_of_improvement([mean], [std], best, xi=xi)[0] == pytest.approx(
        norm.sf(best + xi, mean, std)
    )


@given(mean=means, std=stds, best=st.floats(-50, 50))
def test_directions_mirror_each_other(mean: np.ndarray, std: np.ndarray, best: float) -> None:
    for function in (expected_improvement, probability_of_improvement):
        np.testing.assert_array_equal(
            function(mean, std, best), function(-mean, std, -best, higher_is_better=False)
        )
    np.testing.assert_array_equal(
        upper_confidence_bound(mean, std, beta=2.0),
        upper_confidence_bound(-mean, std, beta=2.0, higher_is_better=False),
    )
    np.testing.assert_array_equal(greedy(mean), greedy(-mean, higher_is_better=False))
    np.testing.assert_array_equal(
        thompson(mean, std, seed=1), thompson(-mean, std, seed=1, higher_is_better=False)
    )


@given(mean=means, std=stds, best=st.floats(-50, 50))
def test_bounds(mean: np.ndarray, std: np.ndarray, best: float) -> None:
    improvement = expected_improvement(mean, std, best)
    assert (improvement >= np.maximum(mean - best, 0) - 1e-9).all()
    assert np.isfinite(improvement).all()
    chance = probability_of_improvement(mean, std, best)
    assert ((chance >= 0) & (chance <= 1)).all()


def test_no_spread_is_plain_improvement() -> None:
    mean = np.array([0.0, 1.0, 2.0])
    zero = np.zeros(3)
    assert expected_improvement(mean, zero, 1.0).tolist() == [0.0, 0.0, 1.0]
    assert probability_of_improvement(mean, zero, 1.0).tolist() == [0.0, 0.0, 1.0]
    assert thompson(mean, zero, seed=0).tolist() == mean.tolist()


def test_failed_predictions_stay_nan() -> None:
    mean, std = np.array([np.nan, 1.0]), np.array([1.0, 1.0])
    for values in (
        expected_improvement(mean, std, 0.0),
        probability_of_improvement(mean, std, 0.0),
        probability_of_improvement(mean, np.zeros(2), 0.0),
        expected_improvement(mean, np.zeros(2), 0.0),
        upper_confidence_bound(mean, std),
        thompson(mean, std, seed=0),
    ):
        assert np.isnan(values).tolist() == [True, False]


def test_draws_follow_the_prediction_and_the_seed() -> None:
    mean, std = np.full(20_000, 3.0), np.full(20_000, 0.5)
    drawn = thompson(mean, std, seed=4)
    assert drawn.mean() == pytest.approx(3.0, abs=0.02)
    assert drawn.std() == pytest.approx(0.5, abs=0.02)
    np.testing.assert_array_equal(drawn, thompson(mean, std, seed=4))
    assert (drawn != thompson(mean, std, seed=5)).any()
    np.testing.assert_array_equal(random_values(5, seed=1), random_values(5, seed=1))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: upper_confidence_bound([1.0], [-1.0]), "std = -1.0"),
        (lambda: upper_confidence_bound([1.0], [1.0], beta=-1), "beta"),
        (lambda: expected_improvement([1.0], [1.0], float("nan")), "best"),
        (lambda: expected_improvement([1.0], [1.0], 0.0, xi=-1), "xi"),
        (lambda: thompson([1.0, 2.0], [1.0], seed=0), "differing lengths"),
    ],
)
def test_bad_input_says_what_is_wrong(call: object, text: str) -> None:
    with pytest.raises(InputError, match=text):
        call()  # type: ignore[operator]
