"""Choosing compounds from a pool of any size, piece by piece."""

from __future__ import annotations

import hashlib
import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hitsieve.acquisition.acquire import acquisition_values
from hitsieve.acquisition.picks import pick
from hitsieve.provenance import child_seed
from hitsieve.schema import Status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from numpy.typing import NDArray

    from hitsieve.acquisition.acquire import AcquisitionConfig


@dataclass(frozen=True, slots=True)
class Pick:
    """A chosen compound: why it was chosen, and its acquisition value (None for random picks)."""

    compound_id: str
    reason: str
    value: float | None = None


def initial_picks(ids: Iterable[str], n: int, *, seed: int) -> list[Pick]:
    """Choose ``n`` compounds at random.

    Each compound draws a number from a hash of the seed and its id, and the lowest win: the
    choice depends neither on the order of the ids nor on how they are sharded, and memory
    holds ``n`` of them.

    Examples
    --------
    >>> ids = [f"c{i}" for i in range(100)]
    >>> initial_picks(ids, 5, seed=1) == initial_picks(reversed(ids), 5, seed=1)
    True
    """
    chosen = heapq.nsmallest(n, ((_lot(name, seed), name) for name in ids))
    return [Pick(name, "random") for _, name in chosen]


def next_picks(
    scores: Iterable[pa.Table],
    n: int,
    *,
    acquisition: AcquisitionConfig,
    exclude: Collection[str],
    higher_is_better: bool,
    seed: int,
    best: float | None = None,
) -> list[Pick]:
    """Choose the compounds most worth measuring.

    Parameters
    ----------
    scores
        SCORES tables that together cover the pool, no compound twice; read once, or twice if
        a share is picked at random. Any iterable that can be iterated anew.
    n
        How many; fewer come back from a smaller pool.
    acquisition
        What makes a compound worth measuring, and which share is random.
    exclude
        Compounds measured before, whatever came of it.
    higher_is_better
        Direction of the endpoint.
    seed
        Of everything random.
    best
        Best measured value so far, for ``ei`` and ``pi``.

    Returns
    -------
    list of Pick
        Best first, ties by predicted value, then by id; random ones last.
    """
    explored = round(acquisition.epsilon * n)
    left = _Best(n - explored)
    for number, table in enumerate(scores):
        pool = _usable(table, exclude)
        mean = pool.column("score").to_numpy(zero_copy_only=False).astype(np.float64)
        spread = pool.column("std").to_numpy(zero_copy_only=False).astype(np.float64)
        values = acquisition_values(
            acquisition,
            mean,
            np.nan_to_num(spread),
            higher_is_better=higher_is_better,
            # Draws must differ between pieces, and be the same ones in every run.
            seed=child_seed(seed, "acquisition", number),
            best=best,
        )
        ids = np.array(pool.column("compound_id").to_pylist(), dtype=np.str_)
        left.add(ids, values, mean if higher_is_better else -mean)
    chosen = left.picks(acquisition.kind)
    if not explored:
        return chosen
    taken = {*exclude, *(one.compound_id for one in chosen)}
    rest = initial_picks(_ids(scores, taken), explored, seed=child_seed(seed, "explore"))
    return chosen + rest


def _lot(name: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{name}".encode()).digest()


def _usable(table: pa.Table, exclude: Collection[str]) -> pa.Table:
    ids, status = table.column("compound_id").to_pylist(), table.column("status").to_pylist()
    kept = [
        name not in exclude and how != Status.FAILED for name, how in zip(ids, status, strict=True)
    ]
    return table.filter(pa.array(kept, pa.bool_()))


def _ids(scores: Iterable[pa.Table], exclude: Collection[str]) -> Iterator[str]:
    for table in scores:
        yield from _usable(table, exclude).column("compound_id").to_pylist()


class _Best:
    """The ``k`` best of the pieces seen so far."""

    def __init__(self, k: int) -> None:
        self._k = k
        self._ids: NDArray[np.str_] = np.array([], dtype=np.str_)
        self._values = np.array([], dtype=np.float64)
        self._then = np.array([], dtype=np.float64)

    def add(
        self, ids: NDArray[np.str_], values: NDArray[np.float64], then: NDArray[np.float64]
    ) -> None:
        self._ids = np.concatenate([self._ids, ids])
        self._values = np.concatenate([self._values, values])
        self._then = np.concatenate([self._then, then])
        kept = pick(self._values, self._k, ids=self._ids.tolist(), then=self._then)
        self._ids, self._values = self._ids[kept], self._values[kept]
        self._then = self._then[kept]

    def picks(self, reason: str) -> list[Pick]:
        return [
            Pick(str(name), reason, float(value))
            for name, value in zip(self._ids, self._values, strict=True)
        ]
