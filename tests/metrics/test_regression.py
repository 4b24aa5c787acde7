from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sk

from hitsieve.errors import InputError
from hitsieve.metrics.regression import mae, pearson, r2, rmse, spearman


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    truth = np.round(rng.normal(size=200), 1)
    return truth, np.round(truth + rng.normal(size=200), 1)


def test_equal_to_scikit_learn_and_scipy(pair: tuple[np.ndarray, np.ndarray]) -> None:
    truth, guess = pair
    assert rmse(truth, guess) == pytest.approx(sk.root_mean_squared_error(truth, guess))
    assert mae(truth, guess) == pytest.approx(sk.mean_absolute_error(truth, guess))
    assert r2(truth, guess) == pytest.approx(sk.r2_score(truth, guess))
    assert spearman(truth, guess) == pytest.approx(stats.spearmanr(truth, guess).statistic)
    assert pearson(truth, guess) == pytest.approx(stats.pearsonr(truth, guess).statistic)


def test_unmeasured_items_do_not_count(pair: tuple[np.ndarray, np.ndarray]) -> None:
    truth, guess = pair
    holed = np.append(truth, np.nan)
    for metric in (rmse, mae, r2, spearman, pearson):
        assert metric(holed, np.append(guess, np.nan)) == metric(truth, guess)


def test_undefined_values_are_nan() -> None:
    assert math.isnan(r2([0.1, 0.1, 0.1], [1, 2, 3]))
    assert math.isnan(pearson([1, 2, 3], [0.1, 0.1, 0.1]))
    assert math.isnan(spearman([1.0, 1.0], [1, 2]))


def test_a_failed_prediction_of_a_measured_item_is_refused() -> None:
    with pytest.raises(InputError, match="not finite"):
        rmse([1.0, 2.0], [1.0, float("nan")])
    with pytest.raises(InputError, match="all are NaN"):
        rmse([float("nan")], [1.0])
