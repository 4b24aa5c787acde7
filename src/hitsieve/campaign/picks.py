"""Choosing compounds from a pool of any size, piece by piece."""

from __future__ import annotations

import hashlib
import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.acquisition.acquire import acquisition_values
from hitsieve.acquisition.picks import pick
from hitsieve.provenance import child_seed
from hitsieve.schema import Status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from numpy.typing import NDArray

    from hitsieve.acquisition.acquire import AcquisitionConfig

    Floats = NDArray[np.float64]

CONTROL = "control"
"""Reason of a pick that is measured to audit the campaign, and never learned from."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A chosen compound and why.

    Parameters
    ----------
    compound_id
        Structure key.
    reason
        ``random``, ``diverse``, ``near``, ``control``, or the kind of acquisition.
    value
        Its acquisition value; None where there is none.
    predicted, std
        What the surrogate said before the measurement; None where it said nothing.
    cost
        What compound and measurement cost; None where nobody asked.
    """

    compound_id: str
    reason: str
    value: float | None = None
    predicted: float | None = None
    std: float | None = None
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Candidates:
    """The most worthy compounds of a pool, best first.

    Attributes
    ----------
    ids
        (n,) structure keys.
    values
        float64 (n,): acquisition values, high is good.
    mean, std
        float64 (n,): what the surrogate says, in the endpoint's unit.
    """

    ids: list[str]
    values: Floats
    mean: Floats
    std: Floats

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, places: NDArray[np.int64]) -> Candidates:
        """Return the candidates at ``places`` (k,), in that order."""
        return Candidates(
            [self.ids[place] for place in places.tolist()],
            self.values[places],
            self.mean[places],
            self.std[places],
        )

    def picks(self, reason: str) -> list[Pick]:
        """Return them as picks."""
        numbers = zip(self.ids, self.values, self.mean, self.std, strict=True)
        return [
            Pick(name, reason, float(value), float(mean), float(std))
            for name, value, mean, std in numbers
        ]


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


def candidates(
    scores: Iterable[pa.Table],
    n: int,
    *,
    acquisition: AcquisitionConfig,
    exclude: Collection[str],
    higher_is_better: bool,
    seed: int,
    best: float | None = None,
) -> Candidates:
    """Rank a pool by what a measurement of each compound is worth.

    Parameters
    ----------
    scores
        SCORES tables that together cover the pool, no compound twice.
    n
        How many of the best are wanted; fewer come back from a smaller pool.
    acquisition
        What makes a compound worth measuring.
    exclude
        Compounds measured before, whatever came of it.
    higher_is_better
        Direction of the endpoint.
    seed
        Of everything random.
    best
        Measured value to beat, for ``ei``, ``pi`` and ``top``.

    Returns
    -------
    Candidates
        Best first, ties by predicted value, then by id.
    """
    unwanted = pa.array(sorted(exclude), pa.string())
    left = _Best(n)
    for number, table in enumerate(scores):
        pool = _usable(table, unwanted)
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
        left.add(pool.column("compound_id"), values, mean, spread, 1 if higher_is_better else -1)
    return left.found


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
    """Choose the compounds most worth measuring, and a share at random as the setting asks.

    Parameters
    ----------
    scores, n, acquisition, exclude, higher_is_better, seed, best
        As for :func:`candidates`; the scores are read twice if a share is random.

    Returns
    -------
    list of Pick
        Best first; random ones last.
    """
    explored = round(acquisition.epsilon * n)
    found = candidates(
        scores,
        n - explored,
        acquisition=acquisition,
        exclude=exclude,
        higher_is_better=higher_is_better,
        seed=seed,
        best=best,
    )
    taken = {*exclude, *found.ids}
    return found.picks(acquisition.kind) + explore(scores, explored, taken, seed=seed)


def explore(
    scores: Iterable[pa.Table], n: int, exclude: Collection[str], *, seed: int
) -> list[Pick]:
    """Choose ``n`` scored compounds at random."""
    if not n:
        return []
    return initial_picks(_ids(scores, exclude), n, seed=child_seed(seed, "explore"))


def _lot(name: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{name}".encode()).digest()


def _usable(table: pa.Table, unwanted: pa.Array) -> pa.Table:
    known = pc.is_in(table.column("compound_id"), value_set=unwanted)
    failed = pc.equal(table.column("status"), str(Status.FAILED))
    return table.filter(pc.invert(pc.or_(known, failed)))


def _ids(scores: Iterable[pa.Table], exclude: Collection[str]) -> Iterator[str]:
    unwanted = pa.array(sorted(exclude), pa.string())
    for table in scores:
        yield from _usable(table, unwanted).column("compound_id").to_pylist()


class _Best:
    """The ``k`` best of the pieces seen so far."""

    def __init__(self, k: int) -> None:
        self._k = k
        empty = np.array([], dtype=np.float64)
        self.found = Candidates([], empty, empty, empty)

    def add(
        self, ids: pa.ChunkedArray, values: Floats, mean: Floats, std: Floats, sign: int
    ) -> None:
        places = _worth_a_look(values, self._k)
        kept = self.found
        joined = Candidates(
            kept.ids + ids.take(pa.array(places)).to_pylist(),
            np.concatenate([kept.values, values[places]]),
            np.concatenate([kept.mean, mean[places]]),
            np.concatenate([kept.std, std[places]]),
        )
        order = pick(joined.values, self._k, ids=joined.ids, then=sign * joined.mean)
        self.found = joined.take(order)


def _worth_a_look(values: Floats, k: int) -> NDArray[np.int64]:
    """Return the places of all values no lower than the k-th highest."""
    known = np.flatnonzero(~np.isnan(values))
    if len(known) <= k:
        return known
    border = np.partition(values[known], -k)[-k] if k else np.inf
    return known[values[known] >= border]
