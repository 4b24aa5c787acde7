from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics as sk

from hitsieve.errors import InputError
from hitsieve.metrics.classification import brier, ece, log_loss, pr_auc, reliability, roc_auc


@pytest.fixture(params=[2, 20])
def pair(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    labels = (rng.random(300) < 0.3).astype(float)
    steps = request.param  # few steps make many ties
    guess = np.round(np.clip(0.3 * labels + 0.7 * rng.random(300), 0, 1) * steps) / steps
    return labels, guess


def test_equal_to_scikit_learn(pair: tuple[np.ndarray, np.ndarray]) -> None:
    labels, guess = pair
    assert roc_auc(labels, guess) == pytest.approx(sk.roc_auc_score(labels, guess))
    assert pr_auc(labels, guess) == pytest.approx(sk.average_precision_score(labels, guess))
    assert brier(labels, guess) == pytest.approx(sk.brier_score_loss(labels, guess))
    assert log_loss(labels, guess) == pytest.approx(sk.log_loss(labels, guess))


def test_constant_scores_are_worth_chance() -> None:
    labels = np.array([1, 0, 0, 0, np.nan])
    assert roc_auc(labels, np.full(5, 0.4)) == 0.5
    assert pr_auc(labels, np.full(5, 0.4)) == 0.25


def test_one_class_has_no_curve() -> None:
    assert math.isnan(roc_auc([1, 1], [0.1, 0.2]))
    assert math.isnan(pr_auc([0, 0], [0.1, 0.2]))


def test_ece_finds_the_planted_gap() -> None:
    rng = np.random.default_rng(0)
    promised = rng.random(200_000)
    honest = (rng.random(200_000) < promised).astype(float)
    boastful = (rng.random(200_000) < 0.5 + (promised - 0.5) * 0.5).astype(float)
    assert ece(honest, promised) < 0.01
    # the gap is |p - 0.5| / 2, on average 1/8
    assert ece(boastful, promised) == pytest.approx(0.125, abs=0.01)


def test_reliability_leaves_empty_bins_out() -> None:
    diagram = reliability([1, 0, 1], [0.95, 1.0, 0.05])
    assert diagram.count.tolist() == [1.0, 2.0]
    assert diagram.observed.tolist() == [1.0, 0.5]
    assert diagram.promised.tolist() == pytest.approx([0.05, 0.975])


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: brier([1], [1.2]), "outside"),
        (lambda: ece([1], [0.5], bins=0), "bins = 0"),
        (lambda: roc_auc([0.5, 1], [0.1, 0.2]), "neither 0 nor 1"),
    ],
)
def test_bad_input_says_what_is_wrong(call: object, text: str) -> None:
    with pytest.raises(InputError, match=text):
        call()  # type: ignore[operator]
