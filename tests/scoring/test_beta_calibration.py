"""Votes of trees as probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import logit
from sklearn.linear_model import LogisticRegression

from hitsieve.scoring.beta_calibration import BetaCalibration, fit_beta

VOTERS = 20


def _votes(n: int, base: float, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares of votes, their true probabilities, and classes drawn by those."""
    rng = np.random.default_rng(seed)
    shares = rng.binomial(VOTERS, rng.beta(base, 1 - base, n)) / VOTERS
    truth = BetaCalibration(0.4, 2.0, -1.0, base)(shares, VOTERS)
    return shares, truth, (rng.random(n) < truth).astype(float)


def test_a_known_calibration_is_found() -> None:
    shares, truth, classes = _votes(200_000, 0.3, 0)
    found = fit_beta(shares, VOTERS, classes)
    assert found.usual == classes.mean()
    assert_allclose(found(shares, VOTERS), truth, atol=0.01)


def test_it_is_the_logistic_regression_of_its_features() -> None:
    shares, _, classes = _votes(3000, 0.3, 1)
    q = (shares * VOTERS + classes.mean()) / (VOTERS + 1)
    features = np.column_stack([np.log(q), -np.log(1 - q)])
    fitted = LogisticRegression(C=np.inf, tol=1e-8).fit(features, classes)
    assert (fitted.coef_ > 0).all()
    expected = fitted.predict_proba(features)[:, 1]
    assert_allclose(fit_beta(shares, VOTERS, classes)(shares, VOTERS), expected, atol=1e-4)


def test_more_votes_for_a_class_never_make_it_less_likely() -> None:
    rng = np.random.default_rng(2)
    shares = rng.integers(0, VOTERS + 1, 400) / VOTERS
    wrong = (shares < rng.random(400)).astype(float)
    for classes in (wrong, 1 - wrong, rng.integers(0, 2, 400).astype(float)):
        found = fit_beta(shares, VOTERS, classes)
        assert min(found.ones, found.zeros) >= 0
        assert (np.diff(found(np.linspace(0, 1, 50), VOTERS)) >= 0).all()
    assert fit_beta(shares, VOTERS, wrong)(shares, VOTERS) == pytest.approx(wrong.mean(), abs=0.01)


def test_no_votes_of_few_are_less_certain_than_none_of_many() -> None:
    calibration = BetaCalibration(1.0, 1.0, 0.0, 0.04)
    none = np.zeros(1)
    few, many = calibration(none, 20)[0], calibration(none, 100)[0]
    assert 0 < many < few < 0.04
    assert few == pytest.approx(0.04 / 21)
    assert calibration(np.ones(1), 20)[0] == pytest.approx(1 - 0.96 / 21)


def test_first_votes_for_a_rare_class_may_count_as_many() -> None:
    """Where only zeros count, log odds rise with the share itself, as long as that is small."""
    shares = np.array([0.0, 0.05, 0.10])
    by_share = np.diff(logit(BetaCalibration(0.0, 30.0, -4.0, 0.03)(shares, 100)))
    assert by_share[1] / by_share[0] == pytest.approx(1.0, abs=0.06)
    by_logarithm = np.diff(logit(BetaCalibration(1.0, 0.0, -4.0, 0.03)(shares, 100)))
    assert by_logarithm[1] / by_logarithm[0] < 0.2


def test_separated_classes_end() -> None:
    shares = np.array([0.0, 0.1, 0.9, 1.0])
    found = fit_beta(shares, VOTERS, (shares > 0.5).astype(float))(shares, VOTERS)
    assert np.isfinite(found).all()
    assert found[:2].max() < 0.05
    assert found[2:].min() > 0.95
