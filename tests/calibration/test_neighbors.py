from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hitsieve.calibration.domain import FingerprintDomain
from hitsieve.calibration.neighbors import Neighborhood, multiply_bits, shared_bits_needed
from hitsieve.chem.fingerprints import nearest_tanimoto


def _random(rng: np.random.Generator, n: int) -> np.ndarray:
    share = rng.uniform(0, 0.2, (n, 1))
    return np.packbits(rng.random((n, 2048)) < share, axis=1)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 1300),
    st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.1, 0.25, 1 / 3, 0.5, 0.6, 1.0])),
)
def test_answers_as_the_nearest_similarity_does(seed: int, m: int, threshold: float) -> None:
    rng = np.random.default_rng(seed)
    training, query = _random(rng, m), _random(rng, 20)
    query[:3] = training[rng.integers(0, m, 3)]
    query[3] = 0
    similarity, _ = nearest_tanimoto(query, training)
    found = Neighborhood(training, threshold).holds(query)
    assert np.array_equal(found, similarity >= np.float32(threshold))


def test_thresholds_that_are_similarities_are_reached() -> None:
    rng = np.random.default_rng(1)
    training, query = _random(rng, 700), _random(rng, 60)
    similarity, _ = nearest_tanimoto(query, training)
    for row, value in enumerate(similarity):
        assert Neighborhood(training, float(value)).holds(query[row : row + 1]).all()
        above = float(np.nextafter(value, np.float32(2)))
        if above <= 1:
            assert not Neighborhood(training, above).holds(query[row : row + 1]).any()


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.7, 1.0])
def test_shared_bits_needed_is_the_fewest(threshold: float) -> None:
    needed = shared_bits_needed(threshold)
    for total in [*range(60), 511, 4096]:
        shared = np.arange(total // 2 + 1)
        either = np.maximum(total - shared, 1).astype(np.float32)
        enough = shared[shared.astype(np.float32) / either >= np.float32(threshold)]
        if len(enough):
            assert needed[total] == enough[0]
        else:
            assert needed[total] > total // 2


def test_no_compounds_and_no_training_bits() -> None:
    nothing = np.zeros((1, 256), np.uint8)
    assert Neighborhood(nothing, 0.3).holds(nothing[:0]).shape == (0,)
    assert not Neighborhood(nothing, 0.3).holds(nothing).any()
    assert Neighborhood(nothing, 0.0).holds(nothing).all()


def test_products_of_bytes_and_of_floats_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    first, second = (torch.from_numpy(rng.integers(0, 2, (n, 2048), np.int8)) for n in (7, 5))
    expected = first.long() @ second.long().T

    def refuse(*_: object) -> torch.Tensor:
        raise NotImplementedError

    assert torch.equal(multiply_bits(first, second).long(), expected)
    monkeypatch.setattr(torch, "_int_mm", refuse)
    assert torch.equal(multiply_bits(first, second).long(), expected)


def test_a_domain_gives_its_neighborhood_and_it_pickles() -> None:
    rng = np.random.default_rng(3)
    domain = FingerprintDomain(_random(rng, 40), 0.2)
    query = _random(rng, 30)
    again = pickle.loads(pickle.dumps(domain.neighborhood()))  # noqa: S301 - made here
    assert np.array_equal(again.holds(query), domain.check(query)[0])
