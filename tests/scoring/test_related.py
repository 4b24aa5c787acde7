"""Relations between targets: found where they are, and none where they are not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from hitsieve.scoring.related import Related, positive, relation_of

N = 300


def _drawn(correlation: float, seed: int, noise: float = 0.1) -> tuple[np.ndarray, ...]:
    """Draw values of two targets for the same compounds, from the model itself."""
    rng = np.random.default_rng(seed)
    place = rng.normal(size=(N, 3))
    distance = ((place[:, None] - place) ** 2).sum(axis=2)
    kernel = np.exp(-distance / 4)
    root = np.linalg.cholesky(kernel + 1e-8 * np.eye(N))
    first, second = root @ rng.normal(size=N), root @ rng.normal(size=N)
    other = correlation * first + np.sqrt(1 - correlation**2) * second
    z = np.concatenate([first, other]) + np.sqrt(noise) * rng.normal(size=2 * N)
    return np.tile(kernel, (2, 2)), z, np.repeat([False, True], N), np.full(2 * N, noise)


@pytest.mark.parametrize("correlation", [0.9, 0.5, -0.8])
def test_a_relation_is_found(correlation: float) -> None:
    found = [relation_of(*_drawn(correlation, seed)) for seed in range(6)]
    assert np.median(found) == pytest.approx(correlation, abs=0.2)


def test_unrelated_targets_stay_apart() -> None:
    found = [relation_of(*_drawn(0.0, seed)) for seed in range(12)]
    assert sum(value == 0.0 for value in found) >= 10


def test_little_data_speaks_for_nothing() -> None:
    kernel, z, second, noise = _drawn(0.6, 3)
    few = np.concatenate([np.arange(4), N + np.arange(4)])
    assert relation_of(kernel[np.ix_(few, few)], z[few], second[few], noise[few]) == 0.0


def test_covariances_hold_relations_and_each_target_s_noise() -> None:
    relation = np.array([[1.0, 0.5], [0.5, 1.0]])
    related = Related(np.array([0, 1, 1], np.int16), relation, np.array([0.1, 0.3]))
    kernel = np.array([[1.0, 0.8, 0.4], [0.8, 1.0, 0.6], [0.4, 0.6, 1.0]])
    tied = [[1.0, 0.4, 0.2], [0.4, 1.0, 0.6], [0.2, 0.6, 1.0]]
    assert_allclose(related.tie(kernel.copy()), tied)
    assert_allclose(related.covariance(kernel.copy()), tied + np.diag([0.1, 0.3, 0.3]))
    assert_array_equal(related.ties, [1.0, 0.5, 0.5])


def test_sound_relations_stay_as_they_are() -> None:
    sound = np.array([[1.0, 0.5, 0.2], [0.5, 1.0, -0.1], [0.2, -0.1, 1.0]])
    assert_allclose(positive(sound), sound, atol=1e-12)
    assert_allclose(np.diag(positive(np.ones((3, 3)))), 1.0)
