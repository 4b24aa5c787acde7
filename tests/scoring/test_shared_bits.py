from __future__ import annotations

import numpy as np
import pytest

from hitsieve.scoring.shared_bits import SharedBits


@pytest.mark.parametrize("reduced", [False, True, None])
@pytest.mark.parametrize("density", [0.02, 0.3, 1.0])
def test_counts_are_exact(density: float, *, reduced: bool | None) -> None:
    rng = np.random.default_rng(0)
    first, second = (rng.random((n, 2048)) < density for n in (33, 70))
    counter = SharedBits(np.packbits(second, axis=1), reduced=reduced)
    found = counter(np.packbits(first, axis=1))
    assert found.dtype == np.float32
    assert np.array_equal(found, first.astype(np.int64) @ second.T.astype(np.int64))
    assert np.array_equal(counter.totals, second.sum(axis=1))


def test_nobody_shares_nothing() -> None:
    counter = SharedBits(np.empty((0, 256), np.uint8))
    assert counter(np.zeros((3, 256), np.uint8)).shape == (3, 0)
