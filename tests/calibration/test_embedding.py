from __future__ import annotations

import numpy as np
import pytest

from hitsieve.calibration.embedding import EmbeddingDomain
from hitsieve.errors import InputError


def _vectors(n: int, seed: int, shift: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    mixing = np.random.default_rng(99).normal(size=(6, 40))
    vectors = rng.normal(size=(n, 6)) @ mixing + 0.1 * rng.normal(size=(n, 40))
    vectors[:, 0] += shift
    return vectors


def test_held_out_compounds_lie_inside_as_asked_and_strangers_do_not() -> None:
    domain = EmbeddingDomain.fit(_vectors(400, 1), _vectors(200, 2), 0.05)
    assert np.mean(~domain.holds(_vectors(200, 2))) == pytest.approx(0.05, abs=0.01)
    assert np.mean(domain.holds(_vectors(1000, 3))) > 0.9
    # One coordinate out of the plane the training compounds lie in.
    assert not domain.holds(_vectors(100, 4, shift=30.0)).any()
    assert np.sqrt(np.mean(domain.distance(_vectors(400, 1)) ** 2)) == pytest.approx(1, abs=0.1)


def test_few_training_compounds_and_few_held_out_ones_still_give_a_domain() -> None:
    domain = EmbeddingDomain.fit(_vectors(12, 1), _vectors(3, 2), 0.1)
    assert domain.holds(_vectors(12, 1)).mean() >= 0.9
    constant = EmbeddingDomain.fit(np.ones((5, 4)), np.ones((1, 4)), 0.0)
    assert constant.holds(np.ones((1, 4))).all()
    assert not constant.holds(np.full((1, 4), 2.0)).any()


def test_arrays_round_trip() -> None:
    domain = EmbeddingDomain.fit(_vectors(50, 1), _vectors(30, 2), 0.1)
    again = EmbeddingDomain.from_arrays(domain.to_arrays())
    assert again is not None
    asked = _vectors(20, 3)
    assert again.distance(asked).tolist() == domain.distance(asked).tolist()
    assert again.threshold == domain.threshold
    assert EmbeddingDomain.from_arrays({"training": np.zeros(1)}) is None
    part = {"embedding.center": domain.center}
    with pytest.raises(InputError, match="lacks"):
        EmbeddingDomain.from_arrays(part)
    with pytest.raises(InputError, match="axes"):
        EmbeddingDomain.from_arrays({**domain.to_arrays(), "embedding.center": np.zeros(3)})


def test_impossible_vectors_are_refused() -> None:
    good = _vectors(10, 1)
    with pytest.raises(InputError, match="finite"):
        EmbeddingDomain.fit(good * np.nan, good, 0.1)
    with pytest.raises(InputError, match="shapes"):
        EmbeddingDomain.fit(good, good[:, :3], 0.1)
    with pytest.raises(InputError, match="space of 40"):
        EmbeddingDomain.fit(good, good, 0.1).distance(good[:, :3])
