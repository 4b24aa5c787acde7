"""Whether a compound has a similar one in a training set: the question of every screen.

A screen need not know the nearest training compound of each of millions, only whether one is near
enough. That is a question about whole numbers. With a and b the bits of two fingerprints and c
those they share, Tanimoto similarity c / (a + b - c) grows with c, so for each sum a + b there is
a smallest c that reaches the threshold, found once. Shared bits are counted by a product of 0/1
matrices of bytes, which is exact in 32-bit integers and, on processors with such instructions,
ten times as fast as in floats. Training compounds are taken in samples, each spread over the
whole set, and a query leaves with its first neighbor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from hitsieve.chem.fingerprints import MORGAN_BITS, unpack_bits

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SAMPLE: Final = 512
"""Training compounds in one product: some 1 MB, which stays in a core's cache."""
_BLOCK: Final = 1024
"""Queries in one product."""


class Neighborhood:
    """Training compounds and the similarity that counts as near.

    Parameters
    ----------
    training
        uint8 (m, 256): packed Morgan fingerprints, at least one.
    threshold
        Smallest Tanimoto similarity, compared in single precision as
        :func:`~hitsieve.chem.fingerprints.nearest_tanimoto` gives it.
    """

    def __init__(self, training: NDArray[np.uint8], threshold: float) -> None:
        self.needed = shared_bits_needed(threshold)
        n_samples = -(-len(training) // _SAMPLE)
        self._samples = [_Sample(training[start::n_samples]) for start in range(n_samples)]

    def holds(self, morgan: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Tell which compounds have a neighbor: packed uint8 (n, 256) to bool (n,)."""
        found = np.zeros(len(morgan), dtype=np.bool_)
        for start in range(0, len(morgan), _BLOCK):
            found[start : start + _BLOCK] = self._block(morgan[start : start + _BLOCK])
        return found

    def _block(self, morgan: NDArray[np.uint8]) -> NDArray[np.bool_]:
        bits = unpack_bits(morgan).view(np.int8)
        counts = np.bitwise_count(morgan).sum(axis=1, dtype=np.int64)
        found = np.zeros(len(morgan), dtype=np.bool_)
        open_ = np.arange(len(morgan))
        for sample in self._samples:
            near = sample.near(bits[open_], counts[open_], self.needed)
            found[open_[near]] = True
            open_ = open_[~near]
            if not len(open_):
                break
        return found


class _Sample:
    """Some training compounds, those with equally many bits together."""

    def __init__(self, training: NDArray[np.uint8]) -> None:
        counts = np.bitwise_count(training).sum(axis=1, dtype=np.int64)
        order = np.argsort(counts, kind="stable")
        self.bits = torch.from_numpy(unpack_bits(training[order]).view(np.int8))
        self.counts, self.starts = np.unique(counts[order], return_index=True)

    def near(
        self, bits: NDArray[np.int8], counts: NDArray[np.int64], needed: NDArray[np.int32]
    ) -> NDArray[np.bool_]:
        """Tell which queries have a neighbor: bits (n, 2048), their counts (n,), to bool (n,)."""
        shared = multiply_bits(self.bits, torch.from_numpy(bits)).numpy()
        most = np.maximum.reduceat(shared, self.starts, axis=0)
        reached: NDArray[np.bool_] = most >= needed[self.counts[:, None] + counts[None, :]]
        near: NDArray[np.bool_] = np.any(reached, axis=0)
        return near


def multiply_bits(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Count shared bits: int8 0/1 (m, k) and (n, k) to int32 (m, n), exactly."""
    try:
        return torch._int_mm(first, second.T)  # noqa: SLF001 - the only integer product of torch
    except (AttributeError, NotImplementedError, RuntimeError):
        # floats count exactly too: no sum passes 2^24
        return (first.float() @ second.float().T).to(torch.int32)


def shared_bits_needed(threshold: float) -> NDArray[np.int32]:
    """Return the fewest shared bits that reach a Tanimoto similarity, by the sum of both counts.

    Parameters
    ----------
    threshold
        Similarity, in [0, 1].

    Returns
    -------
    int32 (4097,): for a + b = 0, 1, ..., 4096; more than can be shared where none suffice.

    Examples
    --------
    >>> shared_bits_needed(0.5)[[3, 4, 30]].tolist()
    [1, 2, 10]
    """
    sums = np.arange(2 * MORGAN_BITS + 1)
    # the exact bound and its neighbors: single precision may round a similarity up or down
    bound = np.floor(threshold * sums / (1 + threshold)).astype(np.int64)
    shared = np.clip(bound[:, None] + np.arange(-2, 4), 0, None)
    either = np.maximum(sums[:, None] - shared, 1).astype(np.float32)
    enough = shared.astype(np.float32) / either >= np.float32(threshold)
    impossible = len(sums)
    needed: NDArray[np.int32] = np.where(enough, shared, impossible).min(axis=1).astype(np.int32)
    return needed
