from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, roc_auc_score, root_mean_squared_error

from hitsieve.modeling.evaluate import check_intervals, check_probabilities, compare
from hitsieve.modeling.labels import TargetFacts

REGRESSION = TargetFacts("t", "pIC50", "pX", "higher", "regression")
CLASSES = TargetFacts("c", "active", "class", "higher", "classification")
RNG = np.random.default_rng(1)
TRUTH = RNG.normal(size=80)
GOOD, BAD = TRUTH + 0.1 * RNG.normal(size=80), TRUTH + RNG.normal(size=80)
LABELS = (TRUTH > 0).astype(float)


def test_regression_agrees_with_scikit_learn() -> None:
    found = {m.metric: m for m in compare(REGRESSION, TRUTH, GOOD, BAD, seed=1)}
    assert found["rmse"].network.value == pytest.approx(
        root_mean_squared_error(TRUTH, GOOD), rel=1e-5
    )
    assert found["mae"].baseline.value == pytest.approx(mean_absolute_error(TRUTH, BAD), rel=1e-5)
    assert all(m.verdict == "network" for m in found.values())
    assert all(m.compounds == 80 for m in found.values())


def test_the_better_baseline_is_seen() -> None:
    found = compare(REGRESSION, TRUTH, BAD, GOOD, seed=1)
    assert all(m.verdict == "baseline" and m.baseline_ahead for m in found)


def test_equal_models_are_undecided() -> None:
    for metric in compare(REGRESSION, TRUTH, GOOD, GOOD, seed=1):
        assert metric.verdict == "undecided"
        assert metric.difference.value == 0


def test_classification_agrees_with_scikit_learn() -> None:
    guess = 1 / (1 + np.exp(-BAD))
    found = {m.metric: m for m in compare(CLASSES, LABELS, guess, 1 - guess, seed=1)}
    assert found["roc_auc"].network.value == pytest.approx(roc_auc_score(LABELS, guess), rel=1e-5)
    assert found["roc_auc"].verdict == found["brier"].verdict == "network"


def test_one_class_has_no_ranking_but_an_error() -> None:
    found = {m.metric: m for m in compare(CLASSES, np.ones(9), np.full(9, 0.7), np.ones(9), seed=1)}
    assert found["roc_auc"].network.value is None
    assert found["roc_auc"].verdict == "undecided"
    assert found["brier"].network.value == pytest.approx(0.09)


def test_a_seed_gives_the_same_intervals() -> None:
    first, second = (compare(REGRESSION, TRUTH, GOOD, BAD, seed=4) for _ in range(2))
    assert first == second


def test_intervals_are_counted() -> None:
    truth = np.arange(10.0)
    upper = truth + np.where(truth < 7, 3.0, -0.5)
    share, width = check_intervals(REGRESSION, 0.9, truth, truth - 1, upper)
    assert share.found == pytest.approx(0.7)
    assert share.expected == "0.90"
    assert width.found == pytest.approx(0.7 * 4 + 0.3 * 0.5)


def test_probabilities_are_judged_before_and_after() -> None:
    before, after = check_probabilities(CLASSES, LABELS, np.full(80, 0.99), LABELS)
    assert before.found is not None
    assert before.found > 0.3
    assert after.found == pytest.approx(0)
