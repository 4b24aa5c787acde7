"""Support vector machines against scikit-learn's own predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest
from numpy.testing import assert_allclose
from sklearn.svm import SVC, SVR

from hitsieve.scoring.support_vectors import SAMPLE, fit_machine

if TYPE_CHECKING:
    from numpy.typing import NDArray

WEIGHTS = np.array([0.5, 0.3, 0.2])


def _kernels(n: int = 60) -> tuple[NDArray[np.float32], np.ndarray]:
    points = np.random.default_rng(4).normal(size=(3, n, 4))
    distance = ((points[:, :, None] - points[:, None]) ** 2).sum(axis=-1)
    value = points[0, :, 0] + 0.3 * points[1, :, 1] + 6
    return np.exp(-distance / 4).astype(np.float32), value


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_equals_scikit_learn(task: Literal["regression", "classification"]) -> None:
    components, value = _kernels()
    y = value if task == "regression" else (value > 6.3).astype(float)
    rows = np.arange(0, 50, dtype=np.int32)
    kernel = np.tensordot(WEIGHTS, components[:, :50, :50].astype(float), 1)
    folds = [np.arange(start, 50, 5) for start in range(5)]
    machine, said = fit_machine(kernel, rows, WEIGHTS, y[:50], task, folds, [3.0])
    asked = np.tensordot(WEIGHTS, components[:, :, :50].astype(float), 1)
    if task == "regression":
        z = (y[:50] - y[:50].mean()) / y[:50].std()
        model = SVR(kernel="precomputed", C=3.0, epsilon=0.02).fit(kernel, z)
        expected = model.predict(asked) * y[:50].std() + y[:50].mean()
    else:
        model = SVC(kernel="precomputed", C=3.0, class_weight="balanced").fit(kernel, y[:50])
        expected = model.decision_function(asked)
    assert_allclose(machine.mean(components), expected, rtol=1e-6)
    assert np.isfinite(said.mean).all()
    assert (said.std == 0).all()
    assert np.corrcoef(said.mean, y[:50])[0, 1] > 0.5
    for fold, fewer in zip(folds, said.models, strict=True):
        assert not np.isin(fewer.rows, rows[fold]).any()
        assert_allclose(fewer.mean(components)[fold], said.mean[fold], rtol=1e-6)


def test_the_penalty_is_the_best_on_left_out_compounds() -> None:
    components, value = _kernels()
    rows = np.arange(60, dtype=np.int32)
    kernel = np.tensordot(WEIGHTS, components.astype(float), 1)
    folds = [np.arange(start, 60, 4) for start in range(4)]
    errors = {}
    for penalty in (0.001, 3.0):
        _, said = fit_machine(kernel, rows, WEIGHTS, value, "regression", folds, [penalty])
        errors[penalty] = float(np.mean((said.mean - value) ** 2))
    _, chosen = fit_machine(kernel, rows, WEIGHTS, value, "regression", folds, [0.001, 3.0])
    assert errors[3.0] < errors[0.001]
    assert np.mean((chosen.mean - value) ** 2) == pytest.approx(errors[3.0])


def test_the_penalty_of_a_rare_class_is_the_best_for_both_classes() -> None:
    """One compound in twelve: the error over all compounds would choose otherwise."""
    components, value = _kernels(240)
    noise = np.random.default_rng(0).normal(size=240)
    y = (value + noise > np.quantile(value + noise, 11 / 12)).astype(float)
    rows = np.arange(240, dtype=np.int32)
    kernel = np.tensordot(WEIGHTS, components.astype(float), 1)
    folds = [np.arange(start, 240, 4) for start in range(4)]
    overall, even, said = {}, {}, {}
    for penalty in (0.03, 0.3, 3.0):
        _, told = fit_machine(kernel, rows, WEIGHTS, y, "classification", folds, [penalty])
        said[penalty] = told.mean
        error = (np.clip(said[penalty], -1, 1) - (2 * y - 1)) ** 2
        overall[penalty] = error.mean()
        even[penalty] = (error[y == 1].mean() + error[y == 0].mean()) / 2
    best = min(even, key=lambda penalty: even[penalty])
    assert best != min(overall, key=lambda penalty: overall[penalty])
    _, chosen = fit_machine(kernel, rows, WEIGHTS, y, "classification", folds, list(even))
    assert_allclose(chosen.mean, said[best])


@pytest.mark.parametrize("last", [1.0, 0.0])
def test_a_rare_class_that_comes_last_is_learned(last: float) -> None:
    """The first compounds of each fold, which choose the penalty, are all of one class."""
    n = SAMPLE + 500
    points = np.random.default_rng(0).normal(size=(n, 2))
    y = np.full(n, 1 - last)
    y[-30:] = last
    points[-30:] += 2
    kernel = np.exp(-((points[:, None] - points) ** 2).sum(axis=2) / 2)
    folds = [np.arange(start, n, 5) for start in range(5)]
    rows = np.arange(n, dtype=np.int32)
    _, said = fit_machine(kernel, rows, np.ones(1), y, "classification", folds, [0.3, 3.0])
    assert np.isfinite(said.mean).all()
    assert said.mean[y == 1].mean() > said.mean[y == 0].mean() + 0.5
