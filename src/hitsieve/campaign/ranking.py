"""Ranking a pool of any size, piece by piece, by what a measurement of each compound is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.acquisition.acquire import acquisition_values
from hitsieve.acquisition.picks import pick
from hitsieve.campaign.picks import Pick, initial_picks
from hitsieve.provenance import child_seed
from hitsieve.schema import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from hitsieve.acquisition.acquire import AcquisitionConfig

    Floats = NDArray[np.float64]
    Divisor = Callable[[list[str]], Floats]


@dataclass(frozen=True, slots=True)
class View:
    """One way to look at scores: what is judged, and what is to be beaten on that very scale.

    Attributes
    ----------
    best
        Measured value to beat; None where nothing is measured, or nothing has to be beaten.
    score, std
        Columns of the SCORES tables that hold mean and spread.
    """

    best: float | None = None
    score: str = "score"
    std: str = "std"


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
    then
        float64 (n,): what settles ties of the values, high is good.
    """

    ids: list[str]
    values: Floats
    mean: Floats
    std: Floats
    then: Floats

    @classmethod
    def none(cls) -> Candidates:
        """Return no candidates."""
        empty = np.array([], dtype=np.float64)
        return cls([], empty, empty, empty, empty)

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, places: NDArray[np.int64]) -> Candidates:
        """Return the candidates at ``places`` (k,), in that order."""
        return Candidates(
            [self.ids[place] for place in places.tolist()],
            self.values[places],
            self.mean[places],
            self.std[places],
            self.then[places],
        )

    def join(self, other: Candidates) -> Candidates:
        """Return these and others."""
        return Candidates(
            self.ids + other.ids,
            np.concatenate([self.values, other.values]),
            np.concatenate([self.mean, other.mean]),
            np.concatenate([self.std, other.std]),
            np.concatenate([self.then, other.then]),
        )

    def picks(self, reason: str) -> list[Pick]:
        """Return them as picks."""
        numbers = zip(self.ids, self.values, self.mean, self.std, strict=True)
        return [
            Pick(name, reason, float(value), float(mean), float(std))
            for name, value, mean, std in numbers
        ]


def ranked(
    scores: Iterable[pa.Table],
    n: int,
    views: Sequence[View],
    *,
    acquisition: AcquisitionConfig,
    exclude: Collection[str],
    higher_is_better: bool,
    seed: int,
    divisor: Divisor | None = None,
) -> Candidates:
    """Rank a pool by what a measurement of each compound is worth.

    Parameters
    ----------
    scores
        SCORES tables that together cover the pool, no compound twice, with the columns of all
        views.
    n
        How many of the best are wanted; fewer come back from a smaller pool.
    views
        Ways to look at the scores. Of several, the best of each come first, then the second
        best of each, and so on; a compound stands where it comes first.
    acquisition
        What makes a compound worth measuring.
    exclude
        Compounds measured before, whatever came of it.
    higher_is_better
        Direction of the endpoint.
    seed
        Of everything random.
    divisor
        What the worth of compounds is divided by, float64 (n,) for n structure keys; a compound
        with NaN is left out.

    Returns
    -------
    Candidates
        Best first, ties by predicted value, then by id.
    """
    unwanted = pa.array(sorted(exclude), pa.string())
    left = [_Best(n) for _ in views]
    for number, table in enumerate(scores):
        pool = _usable(table, unwanted)
        share = None if divisor is None else divisor(pool.column("compound_id").to_pylist())
        for turn, (view, best) in enumerate(zip(views, left, strict=True)):
            values = acquisition_values(
                acquisition,
                _numbers(pool, view.score),
                np.nan_to_num(_numbers(pool, view.std)),
                higher_is_better=higher_is_better,
                # Draws must differ between pieces and views, and be the same ones in every run.
                seed=child_seed(seed, "acquisition", number, *([turn] if turn else [])),
                best=view.best,
            )
            best.add(pool, values if share is None else values / share, view, higher_is_better)
    found = _in_turn([one.found for one in left])
    return found.take(np.arange(min(n, len(found))))


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
    scores, n, acquisition, exclude, higher_is_better, seed
        As for :func:`ranked`; the scores are read twice if a share is random.
    best
        Measured value to beat, for ``ei``, ``pi`` and ``top``.

    Returns
    -------
    list of Pick
        Best first; random ones last.
    """
    explored = round(acquisition.epsilon * n)
    found = ranked(
        scores,
        n - explored,
        [View(best)],
        acquisition=acquisition,
        exclude=exclude,
        higher_is_better=higher_is_better,
        seed=seed,
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


def _in_turn(found: Sequence[Candidates]) -> Candidates:
    """Return the best of each, then the second best of each, each compound once."""
    if len(found) == 1:
        return found[0]
    joined = Candidates.none()
    for one in found:
        joined = joined.join(one)
    starts = np.cumsum([0, *(len(one) for one in found)])
    order = [
        int(starts[which]) + turn
        for turn in range(max(map(len, found), default=0))
        for which, one in enumerate(found)
        if turn < len(one)
    ]
    first: dict[str, int] = {}
    for place in order:
        first.setdefault(joined.ids[place], place)
    return joined.take(np.array(list(first.values()), dtype=np.int64))


def _usable(table: pa.Table, unwanted: pa.Array) -> pa.Table:
    known = pc.is_in(table.column("compound_id"), value_set=unwanted)
    failed = pc.equal(table.column("status"), str(Status.FAILED))
    return table.filter(pc.invert(pc.or_(known, failed)))


def _ids(scores: Iterable[pa.Table], exclude: Collection[str]) -> Iterator[str]:
    unwanted = pa.array(sorted(exclude), pa.string())
    for table in scores:
        yield from _usable(table, unwanted).column("compound_id").to_pylist()


def _numbers(table: pa.Table, name: str) -> Floats:
    found: Floats = table.column(name).to_numpy(zero_copy_only=False).astype(np.float64)
    return found


class _Best:
    """The ``k`` best of the pieces seen so far, looked at in one way."""

    def __init__(self, k: int) -> None:
        self._k = k
        self.found = Candidates.none()

    def add(self, pool: pa.Table, values: Floats, view: View, higher_is_better: bool) -> None:  # noqa: FBT001 - one caller
        places = _worth_a_look(values, self._k)
        best = pool.take(pa.array(places))
        then = _numbers(best, view.score) * (1 if higher_is_better else -1)
        more = Candidates(
            best.column("compound_id").to_pylist(),
            values[places],
            _numbers(best, "score"),
            _numbers(best, "std"),
            then,
        )
        joined = self.found.join(more)
        order = pick(joined.values, self._k, ids=joined.ids, then=joined.then)
        self.found = joined.take(order)


def _worth_a_look(values: Floats, k: int) -> NDArray[np.int64]:
    """Return the places of all values no lower than the k-th highest."""
    known = np.flatnonzero(~np.isnan(values))
    if len(known) <= k:
        return known
    border = np.partition(values[known], -k)[-k] if k else np.inf
    return known[values[known] >= border]
