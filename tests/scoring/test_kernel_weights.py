"""Weights of kernels: their evidence, and the compounds they are learned from."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.optimize import approx_fprime
from scipy.stats import multivariate_normal

from hitsieve.scoring import kernel_weights
from hitsieve.scoring.kernel_weights import SAMPLE, inverse_of, learn_weights

C, N = 3, 24


@pytest.fixture(scope="module")
def kernels() -> np.ndarray:
    """Kernels of points on lines of different scale: float32 (C, N, N)."""
    points = np.random.default_rng(0).normal(size=(C, N, 2))
    apart = ((points[:, :, None] - points[:, None]) ** 2).sum(axis=3)
    return np.exp(-apart / np.array([0.5, 2.0, 8.0])[:, None, None]).astype(np.float32)


def test_the_evidence_is_that_of_a_normal_distribution(kernels: np.ndarray) -> None:
    z = np.random.default_rng(1).normal(size=N)
    theta = np.log([0.3, 0.1, 0.6, 0.2])
    value, _ = kernel_weights._evidence(theta, kernels.astype(float), z)
    covariance = np.tensordot(np.exp(theta[:-1]), kernels.astype(float), 1) + 0.2 * np.eye(N)
    prior = ((theta + 1) ** 2).sum() / 18
    expected = -multivariate_normal(np.zeros(N), covariance).logpdf(z) + prior
    assert value == pytest.approx(expected - N / 2 * np.log(2 * np.pi))


def test_the_gradient_of_the_evidence_is_right(kernels: np.ndarray) -> None:
    parts, z = kernels.astype(float), np.random.default_rng(1).normal(size=N)
    theta = np.log([0.1, 0.3, 0.8, 0.2])
    _, gradient = kernel_weights._evidence(theta, parts, z)
    expected = approx_fprime(theta, lambda t: kernel_weights._evidence(t, parts, z)[0], 1e-6)
    assert_allclose(gradient, expected, rtol=1e-4, atol=1e-5)


def test_the_kernel_that_made_the_values_weighs_most(kernels: np.ndarray) -> None:
    for made_by in range(C):
        drawn = multivariate_normal(
            np.zeros(N), kernels[made_by].astype(float), allow_singular=True
        )
        found = np.zeros(C)
        for seed in range(20):
            y = drawn.rvs(random_state=seed)
            weights, _ = learn_weights(
                kernels, np.arange(N, dtype=np.int32), y, np.random.default_rng(0)
            )
            found += weights / weights.sum()
        assert found.argmax() == made_by


def test_the_scale_and_place_of_values_do_not_matter(kernels: np.ndarray) -> None:
    y = np.random.default_rng(2).normal(size=N)
    rows = np.arange(N, dtype=np.int32)
    one = learn_weights(kernels, rows, y, np.random.default_rng(0))
    other = learn_weights(kernels, rows, 40 * y - 7, np.random.default_rng(0))
    assert_allclose(one[0], other[0], rtol=1e-6)
    assert one[1] == pytest.approx(other[1], rel=1e-6)


def test_classes_have_noise(kernels: np.ndarray) -> None:
    y = (kernels[2][0] > np.median(kernels[2][0])).astype(float)
    rows = np.arange(N, dtype=np.int32)
    free = learn_weights(kernels, rows, y, np.random.default_rng(0))
    held = learn_weights(kernels, rows, y, np.random.default_rng(0), "classification")
    assert_array_equal(free[0], held[0])
    assert free[1] < free[0].sum()
    assert held[1] == held[0].sum()


@pytest.mark.parametrize(
    ("ones", "zeros", "taken"),
    [
        (60, 5000, (60, SAMPLE - 60)),
        (2000, 5000, (SAMPLE // 2, SAMPLE // 2)),
        (5000, 60, (SAMPLE - 60, 60)),
        (1, 5000, (1, SAMPLE - 1)),
        (100, 200, (100, 200)),
    ],
)
def test_half_of_a_sample_is_of_the_rarer_class(
    ones: int, zeros: int, taken: tuple[int, int]
) -> None:
    rng = np.random.default_rng(3)
    y = rng.permutation(np.repeat([1.0, 0.0], [ones, zeros]))
    chosen = kernel_weights._sample(y, rng, "classification")
    assert ((y[chosen] == 1).sum(), (y[chosen] == 0).sum()) == taken
    assert (np.diff(chosen) > 0).all()
    assert len(kernel_weights._sample(y, rng, "regression")) == min(SAMPLE, ones + zeros)


def test_weights_of_a_rare_class_hang_less_on_the_draw() -> None:
    """One in fifty is of the class: a random sample of 700 would hold fourteen."""
    rng = np.random.default_rng(4)
    points = rng.normal(size=(2, 3000, 2))
    apart = ((points[:, :, None] - points[:, None]) ** 2).sum(axis=3)
    kernels = np.exp(-apart / 0.5).astype(np.float32)
    y = np.zeros(3000)
    y[np.argsort((points[0] ** 2).sum(axis=1))[:60]] = 1  # the first kernel tells, the other not
    rows = np.arange(3000, dtype=np.int32)
    share = {}
    for task in ("regression", "classification"):
        drawn = [learn_weights(kernels, rows, y, np.random.default_rng(s), task) for s in range(4)]
        share[task] = np.array([weights[0] / weights.sum() for weights, _ in drawn])
    assert share["classification"].mean() > 0.9
    assert share["classification"].std() < share["regression"].std()


def test_an_inverse_and_its_determinant(kernels: np.ndarray) -> None:
    matrix = kernels.sum(axis=0).astype(float) + np.eye(N)
    inverse, log_determinant = inverse_of(matrix.copy())
    assert_allclose(inverse @ matrix, np.eye(N), atol=1e-10)
    assert log_determinant == pytest.approx(np.linalg.slogdet(matrix)[1])
