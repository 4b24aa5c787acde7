from __future__ import annotations

import json

import numpy as np
import pytest

from hitsieve.errors import InputError
from hitsieve.monitor.embedding import embedding_drift


def _vectors(n: int, seed: int, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 12)) * np.arange(1, 13) + shift


@pytest.mark.parametrize("seed", range(5))
def test_two_halves_of_one_set_stay_quiet(seed: int) -> None:
    vectors = _vectors(300, seed)
    found = embedding_drift(vectors[:150], vectors[150:], seed=seed)
    assert found.verdict != "shifted"
    assert found.distance < 2 * found.noise


def test_another_place_alerts_and_another_spread_too() -> None:
    moved = embedding_drift(_vectors(200, 1), _vectors(900, 2, shift=5.0))
    assert moved.verdict == "shifted"
    assert (moved.reference, moved.observed) == (200, 400)
    assert embedding_drift(_vectors(200, 1), 3 * _vectors(200, 2)).verdict == "shifted"
    json.dumps(moved.to_dict(), allow_nan=False)


def test_too_few_or_unlike_vectors_are_refused() -> None:
    with pytest.raises(InputError, match="at least 10"):
        embedding_drift(_vectors(5, 1), _vectors(50, 2))
    with pytest.raises(InputError, match="shapes"):
        embedding_drift(_vectors(50, 1), _vectors(50, 2)[:, :3])
