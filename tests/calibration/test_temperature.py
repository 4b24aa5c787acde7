from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.special import expit

from hitsieve.calibration.temperature import TemperatureScaling
from hitsieve.errors import InputError
from hitsieve.metrics.classification import ece, log_loss, roc_auc


def _overconfident(n: int, seed: int, factor: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    logits = rng.normal(-1.0, 1.5, size=(n, 1))
    labels = (rng.random((n, 1)) < expit(logits)).astype(float)
    return labels, expit(logits * factor)


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_the_planted_temperature_is_found(factor: float) -> None:
    labels, guess = _overconfident(20_000, 0, factor)
    fit = TemperatureScaling.fit(labels, guess)
    assert fit.temperature[0] == pytest.approx(factor, rel=0.08)
    fresh, raw = _overconfident(20_000, 1, factor)
    tame = fit.apply(raw)
    assert ece(fresh[:, 0], tame[:, 0]) < 0.02
    if factor == 3.0:
        assert ece(fresh[:, 0], raw[:, 0]) > 0.05
        assert log_loss(fresh[:, 0], tame[:, 0]) < log_loss(fresh[:, 0], raw[:, 0])
    assert roc_auc(fresh[:, 0], tame[:, 0]) == pytest.approx(roc_auc(fresh[:, 0], raw[:, 0]))


def test_the_loss_is_at_its_minimum() -> None:
    labels, guess = _overconfident(500, 2, 2.0)
    fit = TemperatureScaling.fit(labels, guess)
    best = log_loss(labels[:, 0], fit.apply(guess)[:, 0])
    for shift in (0.97, 1.03):
        other = TemperatureScaling(fit.temperature * shift, fit.method)
        assert log_loss(labels[:, 0], other.apply(guess)[:, 0]) > best


def test_few_labels_or_one_class_leave_probabilities_alone() -> None:
    labels = np.column_stack([np.tile([0.0, 1.0], 15), np.ones(30), np.full(30, np.nan)])
    labels[10:, 0] = np.nan
    guess = np.random.default_rng(0).random((30, 3))
    fit = TemperatureScaling.fit(labels, guess)
    assert fit.method == ("none", "none", "none")
    np.testing.assert_array_equal(fit.apply(guess), guess)


def test_certain_probabilities_stay_finite() -> None:
    labels = np.tile([[0.0], [1.0]], (20, 1))
    fit = TemperatureScaling.fit(labels, np.where(labels == 1.0, 1.0, 0.0))
    assert np.isfinite(fit.apply(np.array([[0.0], [1.0]]))).all()


def test_it_survives_json_and_refuses_nonsense() -> None:
    fit = TemperatureScaling.fit(*_overconfident(100, 3, 2.0))
    back = TemperatureScaling.from_dict(json.loads(json.dumps(fit.to_dict())))
    assert back.temperature.tolist() == fit.temperature.tolist()
    with pytest.raises(InputError, match="labels 0 and 1"):
        TemperatureScaling.fit([[0.5]] * 30, [[0.5]] * 30)
    with pytest.raises(InputError, match="differ"):
        TemperatureScaling.fit([[1.0]], [[0.5, 0.5]])
    with pytest.raises(InputError, match="for 1 targets"):
        fit.apply(np.zeros((2, 2)))
