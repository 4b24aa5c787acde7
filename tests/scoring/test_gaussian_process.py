"""The Gaussian process against the textbook's formulas and against refitting."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from hitsieve.scoring import gaussian_process
from hitsieve.scoring.gaussian_process import (
    GaussianProcess,
    extend_process,
    fit_process,
    weighted,
)
from hitsieve.scoring.inputs import Inputs
from hitsieve.scoring.kernel import COMPONENTS, KernelReference
from hitsieve.scoring.related import Related
from hitsieve.testing.scorer_kit import SAMPLE_SMILES

if TYPE_CHECKING:
    from hitsieve.scoring.left_out import LeftOut

N = 12
FOLDS = [np.arange(0, 9, 2), np.arange(1, 9, 2)]


@pytest.fixture(scope="module")
def inputs() -> Inputs:
    return Inputs.from_smiles(SAMPLE_SMILES)


@pytest.fixture(scope="module")
def reference(inputs: Inputs) -> KernelReference:
    return KernelReference.of(inputs.take(np.arange(N)))


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return np.array([1, 2, 3, 5, 6, 7, 9, 10, 11], dtype=np.int32)


@pytest.fixture(scope="module")
def y() -> np.ndarray:
    return np.array([5.1, 6.0, 4.4, 7.7, 6.2, 5.0, 8.1, 6.6, 5.9])


@pytest.fixture(scope="module")
def fitted(
    reference: KernelReference, rows: np.ndarray, y: np.ndarray
) -> tuple[GaussianProcess, LeftOut[GaussianProcess]]:
    return fit_process(reference.own(), rows, y, FOLDS, np.random.default_rng(0))


def test_mean_and_spread_follow_the_formulas(
    reference: KernelReference,
    inputs: Inputs,
    rows: np.ndarray,
    y: np.ndarray,
    fitted: tuple[GaussianProcess, LeftOut[GaussianProcess]],
) -> None:
    process = fitted[0]
    components = reference.components(inputs)
    own = weighted(reference.own()[:, rows], process.weights, rows)
    inverse = np.linalg.inv(own + process.noise * np.eye(len(rows)))
    kernel = weighted(components, process.weights, rows)
    z = (y - y.mean()) / y.std()
    assert_allclose(process.mean(components), kernel @ inverse @ z * y.std() + y.mean(), rtol=1e-8)
    left = process.weights.sum() - np.einsum("ij,jk,ik->i", kernel, inverse, kernel)
    expected = np.sqrt(left + process.noise) * y.std()
    assert_allclose(process.std(components, reference), expected, rtol=1e-3)
    assert process.std(components, reference)[N:].mean() > expected[rows].mean()


def test_the_spread_of_a_class_leaves_noise_out(
    reference: KernelReference,
    inputs: Inputs,
    fitted: tuple[GaussianProcess, LeftOut[GaussianProcess]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process, components = fitted[0], reference.components(inputs)
    noisy, near = process.std(components, reference), process.class_spread(components, reference)
    assert_allclose(near**2 + process.noise * process.scale**2, noisy**2, rtol=1e-6)
    assert_allclose(process.class_spread_of(noisy), near, rtol=1e-6, atol=1e-9)
    assert (process.class_spread_of(np.zeros(3)) == 0).all()
    monkeypatch.setattr(gaussian_process, "MOST_FOR_CLASS_SPREAD", len(process.rows) - 1)
    assert (process.class_spread(components, reference) == 0).all()
    assert (process.class_spread_of(noisy) == 0).all()


def test_left_out_folds_equal_refits(
    reference: KernelReference,
    rows: np.ndarray,
    y: np.ndarray,
    fitted: tuple[GaussianProcess, LeftOut[GaussianProcess]],
) -> None:
    process, told = fitted
    kernel = weighted(reference.own()[:, rows], process.weights, rows)
    kernel += process.noise * np.eye(len(rows))
    z = (y - process.shift) / process.scale
    for fold in FOLDS:
        kept = np.setdiff1d(np.arange(len(rows)), fold)
        solved = np.linalg.solve(kernel[np.ix_(kept, kept)], kernel[np.ix_(kept, fold)])
        assert_allclose(
            told.mean[fold], solved.T @ z[kept] * process.scale + process.shift, rtol=1e-8
        )
        left = np.diag(kernel[np.ix_(fold, fold)] - kernel[np.ix_(fold, kept)] @ solved)
        assert_allclose(told.std[fold], np.sqrt(left) * process.scale, rtol=1e-8)


def test_classes_are_learned_with_the_noise_of_classes(
    reference: KernelReference, rows: np.ndarray, y: np.ndarray
) -> None:
    ones = (y > 6).astype(float)
    held, told = fit_process(
        reference.own(), rows, ones, FOLDS, np.random.default_rng(0), "classification"
    )
    assert held.noise >= held.weights.sum()
    kernel = weighted(reference.own()[:, rows], held.weights, rows)
    kernel += held.noise * np.eye(len(rows))
    z = (ones - held.shift) / held.scale
    assert_allclose(held.alpha, np.linalg.solve(kernel, z), rtol=1e-8)
    fold, kept = FOLDS[0], np.setdiff1d(np.arange(len(rows)), FOLDS[0])
    solved = np.linalg.solve(kernel[np.ix_(kept, kept)], kernel[np.ix_(kept, fold)])
    assert_allclose(told.mean[fold], solved.T @ z[kept] * held.scale + held.shift, rtol=1e-8)


@pytest.fixture(scope="module")
def borrowing(
    reference: KernelReference, fitted: tuple[GaussianProcess, LeftOut[GaussianProcess]]
) -> tuple[GaussianProcess, LeftOut[GaussianProcess], np.ndarray, Related]:
    """A process that learns from three measurements of another target; two of its own compounds."""
    process = fitted[0]
    rows = np.array([*process.rows, 1, 2, 4], dtype=np.int32)
    owners = np.array([0] * 9 + [1] * 3, dtype=np.int16)
    related = Related(owners, np.array([[1.0, 0.6], [0.6, 1.0]]), np.array([process.noise, 0.4]))
    z = np.random.default_rng(5).normal(size=12)
    kernel = weighted(reference.own()[:, rows], process.weights, rows)
    return *extend_process(process, kernel, rows, z, related, BORROWED_FOLDS), z, related


BORROWED_FOLDS = [np.array([0, 2, 4, 9]), np.array([1, 3, 5, 6, 7, 8, 10])]


def test_borrowed_measurements_follow_the_formulas(
    reference: KernelReference,
    inputs: Inputs,
    borrowing: tuple[GaussianProcess, LeftOut[GaussianProcess], np.ndarray, Related],
) -> None:
    process, _, z, related = borrowing
    components = reference.components(inputs)
    own = weighted(reference.own()[:, process.rows], process.weights, process.rows)
    inverse = np.linalg.inv(related.covariance(own.copy()))
    near = weighted(components, process.weights, process.rows) * related.ties
    assert_allclose(
        process.mean(components), near @ inverse @ z * process.scale + process.shift, rtol=1e-8
    )
    left = process.weights.sum() - np.einsum("ij,jk,ik->i", near, inverse, near)
    expected = np.sqrt(left + process.noise) * process.scale
    assert_allclose(process.std(components, reference), expected, rtol=1e-3)
    copy = pickle.loads(pickle.dumps(process))  # noqa: S301 - our own bytes
    assert_allclose(copy.std(components, reference), expected, rtol=1e-3)


def test_what_borrows_leaves_out_as_a_refit_would(
    reference: KernelReference,
    borrowing: tuple[GaussianProcess, LeftOut[GaussianProcess], np.ndarray, Related],
) -> None:
    process, told, z, related = borrowing
    own = weighted(reference.own()[:, process.rows], process.weights, process.rows)
    covariance = related.covariance(own)
    for fold in BORROWED_FOLDS:
        kept = np.setdiff1d(np.arange(12), fold)
        solved = np.linalg.solve(covariance[np.ix_(kept, kept)], covariance[np.ix_(kept, fold)])
        asked = fold[fold < 9]
        expected = (solved.T @ z[kept])[: len(asked)] * process.scale + process.shift
        assert_allclose(told.mean[asked], expected, rtol=1e-8)
        left = np.diag(covariance[np.ix_(fold, fold)] - covariance[np.ix_(fold, kept)] @ solved)
        assert_allclose(told.std[asked], np.sqrt(left[: len(asked)]) * process.scale, rtol=1e-8)
    assert np.isnan(told.mean[11])


def test_models_without_a_fold_equal_refits_for_any_compound(
    reference: KernelReference,
    inputs: Inputs,
    rows: np.ndarray,
    y: np.ndarray,
    fitted: tuple[GaussianProcess, LeftOut[GaussianProcess]],
) -> None:
    process, told = fitted
    components = reference.components(inputs)
    own = weighted(reference.own()[:, rows], process.weights, rows)
    z = (y - process.shift) / process.scale
    assert len(told.models) == len(FOLDS)
    for fold, model in zip(FOLDS, told.models, strict=True):
        kept = np.setdiff1d(np.arange(len(rows)), fold)
        assert_array_equal(model.rows, rows[kept])
        covariance = own[np.ix_(kept, kept)] + process.noise * np.eye(len(kept))
        kernel = weighted(components, process.weights, rows[kept])
        expected = kernel @ np.linalg.solve(covariance, z[kept]) * process.scale + process.shift
        assert_allclose(model.mean(components), expected, rtol=1e-8)
        assert_allclose(model.mean(components)[rows[fold]], told.mean[fold], rtol=1e-8)
        spread = model.std(components, reference)
        assert_allclose(spread[rows[fold]], told.std[fold], rtol=1e-3)


def test_models_without_a_fold_borrow_what_it_leaves(
    reference: KernelReference,
    inputs: Inputs,
    borrowing: tuple[GaussianProcess, LeftOut[GaussianProcess], np.ndarray, Related],
) -> None:
    process, told, z, related = borrowing
    components = reference.components(inputs)
    own = weighted(reference.own()[:, process.rows], process.weights, process.rows)
    covariance = related.covariance(own)
    for fold, model in zip(BORROWED_FOLDS, told.models, strict=True):
        kept = np.setdiff1d(np.arange(12), fold)
        near = weighted(components, process.weights, process.rows[kept]) * related.ties[kept]
        solved = np.linalg.solve(covariance[np.ix_(kept, kept)], z[kept])
        expected = near @ solved * process.scale + process.shift
        assert_allclose(model.mean(components), expected, rtol=1e-8)
        own_fold = fold[fold < 9]
        spread = model.std(components, reference)[process.rows[own_fold]]
        assert_allclose(spread, told.std[own_fold], rtol=1e-3)


def test_a_copy_leaves_the_factor_behind(
    reference: KernelReference,
    inputs: Inputs,
    fitted: tuple[GaussianProcess, LeftOut[GaussianProcess]],
) -> None:
    components = reference.components(inputs)
    before = fitted[0].std(components, reference)
    copy = pickle.loads(pickle.dumps(fitted[0]))  # noqa: S301 - our own bytes
    assert not copy._factor
    assert_array_equal(copy.std(components, reference), before)


@pytest.mark.parametrize(
    "columns", [[0, 3], [0, 2, 3, 4, 7, 9, 11], list(range(N)), [*range(N)][::-1]]
)
def test_sums_of_kernels_are_the_same_in_whatever_order_they_are_made(
    reference: KernelReference, inputs: Inputs, columns: list[int]
) -> None:
    weights, chosen = np.geomspace(0.25, 3.0, len(COMPONENTS)), np.array(columns, np.int32)
    components = reference.components(inputs)
    expected = np.einsum("c,cnm->nm", weights, components.astype(float))[:, columns]
    assert_allclose(weighted(components, weights, chosen), expected, rtol=1e-12)
    own = gaussian_process.weighted_own(reference.own(), weights, chosen)
    whole = np.einsum("c,cnm->nm", weights, reference.own().astype(float))
    assert_allclose(own, whole[np.ix_(columns, columns)], rtol=1e-12)
