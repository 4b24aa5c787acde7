from __future__ import annotations

import json

import numpy as np
import pytest

from hitsieve.errors import InputError
from hitsieve.monitor.embedding import embedding_drift


def _vectors(n: int, seed: int, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 12)) * np.arange(1, 13) + shift


def test_two_halves_of_one_set_stay_quiet() -> None:
    found = []
    for seed in range(30):
        vectors = _vectors(300, seed)
        found.append(embedding_drift(vectors[:150], vectors[150:], seed=seed))
    # Chance reaches the noise in one of a hundred.
    assert [one.verdict for one in found].count("stable") >= 29
    assert "shifted" not in {one.verdict for one in found}
    # The estimate scatters around zero; a distance is never below.
    assert 8 <= sum(one.distance == 0 for one in found) <= 22
    assert all(one.distance >= 0 for one in found)


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
