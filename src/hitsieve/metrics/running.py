"""Statistics that grow by pieces and merge: shards in any number and order, same answer.

Each class has ``empty``, ``update``, ``merge`` and ``result``. All are immutable values:
``update`` and ``merge`` return a new one. Answers are equal **bit for bit** however the data
were cut and in whatever order the pieces came: counts are integers, sums are exact
(:mod:`hitsieve.metrics.exact`), and ties are settled by identifier.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hitsieve.errors import InputError
from hitsieve.metrics.arrays import Floats, same_length, vector
from hitsieve.metrics.exact import LARGEST, exact_square_sum, exact_sum, to_fraction

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True)
class TopK:
    """The best ``k`` of scored items; ties go to the smaller identifier.

    NaN scores (failed items) never enter. Holds at most ``k`` items, however many were seen.

    Examples
    --------
    >>> top = TopK.empty(2).update(["a", "b"], [1.0, 3.0]).merge(TopK.empty(2).update(["c"], [2.0]))
    >>> top.result()
    [('b', 3.0), ('c', 2.0)]
    """

    k: int
    higher_is_better: bool = True
    items: tuple[tuple[str, float], ...] = ()

    @classmethod
    def empty(cls, k: int, *, higher_is_better: bool = True) -> TopK:
        """Return one that has seen nothing.

        Raises
        ------
        InputError
            If ``k`` is below 1.
        """
        if k < 1:
            raise InputError(f"k = {k}: at least 1 is needed")
        return cls(k, higher_is_better)

    def update(self, ids: Sequence[str], scores: ArrayLike) -> TopK:
        """Return one that has also seen these items."""
        values = vector(scores, "scores")
        if len(ids) != len(values):
            raise InputError(f"{len(ids)} identifiers for {len(values)} scores")
        chosen = self._candidates(values)
        fresh = [(ids[i], float(values[i]) + 0.0) for i in chosen]
        return self._keep([*self.items, *fresh])

    def merge(self, other: TopK) -> TopK:
        """Return one that has seen what both have.

        Raises
        ------
        InputError
            If they differ in ``k`` or direction.
        """
        if (self.k, self.higher_is_better) != (other.k, other.higher_is_better):
            raise InputError("two TopK of differing size or direction cannot be merged")
        return self._keep([*self.items, *other.items])

    def result(self) -> list[tuple[str, float]]:
        """Return (identifier, score), best first."""
        return list(self.items)

    def _candidates(self, values: Floats) -> npt.NDArray[np.int64]:
        finite = np.flatnonzero(~np.isnan(values)).astype(np.int64)
        if len(finite) <= self.k:
            return finite
        signed = values[finite] if self.higher_is_better else -values[finite]
        bar = np.partition(signed, len(signed) - self.k)[len(signed) - self.k]
        tied: npt.NDArray[np.int64] = finite[signed >= bar]
        return tied  # all ties at the bar: the identifier decides later

    def _keep(self, items: list[tuple[str, float]]) -> TopK:
        sign = -1.0 if self.higher_is_better else 1.0
        items.sort(key=lambda item: (sign * item[1], item[0]))
        return TopK(self.k, self.higher_is_better, tuple(items[: self.k]))


@dataclass(frozen=True, slots=True)
class Tally:
    """How often each name came.

    Examples
    --------
    >>> Tally.empty().update(["ok", "failed", "ok"]).result()
    {'failed': 1, 'ok': 2}
    """

    counts: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def empty(cls) -> Tally:
        """Return one that has seen nothing."""
        return cls()

    def update(self, names: Iterable[str]) -> Tally:
        """Return one that has also seen these names."""
        return self.merge(Tally(Counter(names)))

    def merge(self, other: Tally) -> Tally:
        """Return one that has seen what both have."""
        total = Counter(self.counts)
        total.update(other.counts)
        return Tally({name: total[name] for name in sorted(total)})

    def result(self) -> dict[str, int]:
        """Return counts by name, in order of name."""
        return dict(self.counts)


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts between fixed edges, with what fell below, above, and was NaN.

    A bin holds its lower edge and not its upper one, but the last bin holds both.

    Examples
    --------
    >>> h = Histogram.empty([0.0, 1.0, 2.0]).update([0.5, 1.5, 2.0, 7.0])
    >>> h.counts, h.above
    ((1, 2), 1)
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    below: int = 0
    above: int = 0
    missing: int = 0

    @classmethod
    def empty(cls, edges: Iterable[float]) -> Histogram:
        """Return one with these edges that has seen nothing.

        Raises
        ------
        InputError
            If there are fewer than two edges, or they do not increase.
        """
        fixed = tuple(float(edge) for edge in edges)
        rising = all(low < high for low, high in itertools.pairwise(fixed))
        if len(fixed) < 2 or not rising:  # noqa: PLR2004 - two edges make one bin
            raise InputError(f"edges {fixed} do not increase, or are fewer than two")
        return cls(fixed, (0,) * (len(fixed) - 1))

    def update(self, values: ArrayLike) -> Histogram:
        """Return one that has also seen these values."""
        array = vector(values, "values")
        known = array[~np.isnan(array)]
        inside = known[(known >= self.edges[0]) & (known <= self.edges[-1])]
        fresh, _ = np.histogram(inside, bins=np.array(self.edges))
        return Histogram(
            self.edges,
            tuple(old + int(new) for old, new in zip(self.counts, fresh, strict=True)),
            self.below + int((known < self.edges[0]).sum()),
            self.above + int((known > self.edges[-1]).sum()),
            self.missing + len(array) - len(known),
        )

    def merge(self, other: Histogram) -> Histogram:
        """Return one that has seen what both have.

        Raises
        ------
        InputError
            If the edges differ.
        """
        if self.edges != other.edges:
            raise InputError("two histograms with differing edges cannot be merged")
        return Histogram(
            self.edges,
            tuple(a + b for a, b in zip(self.counts, other.counts, strict=True)),
            self.below + other.below,
            self.above + other.above,
            self.missing + other.missing,
        )

    def result(self) -> npt.NDArray[np.int64]:
        """Return (bins + 2,) counts: below, each bin, above."""
        return np.array([self.below, *self.counts, self.above], dtype=np.int64)

    @property
    def total(self) -> int:
        """Values counted, NaN not included."""
        return self.below + sum(self.counts) + self.above


@dataclass(frozen=True, slots=True)
class MomentsResult:
    """Count, mean, standard deviation (divided by n) and range; NaN where nothing was seen."""

    count: int
    mean: float
    std: float
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean, spread and range of finite values; sums are kept exactly, in units of 2**-1126.

    NaN is left out.

    Examples
    --------
    >>> Moments.empty().update([1.0, 3.0]).merge(Moments.empty().update([2.0])).result().mean
    2.0
    """

    count: int = 0
    total: int = 0
    squares: int = 0
    minimum: float = math.inf
    maximum: float = -math.inf

    @classmethod
    def empty(cls) -> Moments:
        """Return one that has seen nothing."""
        return cls()

    def update(self, values: ArrayLike) -> Moments:
        """Return one that has also seen these values.

        Raises
        ------
        InputError
            If a magnitude is above 1e150 (infinity included): its square would overflow.
        """
        array = vector(values, "values")
        known = array[~np.isnan(array)]
        if not len(known):
            return self
        if same_length(values=known) and np.abs(known).max() > LARGEST:
            raise InputError(f"value {known[np.argmax(np.abs(known))]} is too large to average")
        fresh = Moments(
            len(known),
            exact_sum(known),
            exact_square_sum(known),
            float(known.min()) + 0.0,
            float(known.max()) + 0.0,
        )
        return self.merge(fresh)

    def merge(self, other: Moments) -> Moments:
        """Return one that has seen what both have."""
        return Moments(
            self.count + other.count,
            self.total + other.total,
            self.squares + other.squares,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
        )

    def result(self) -> MomentsResult:
        """Return the statistics, rounded once."""
        if not self.count:
            return MomentsResult(0, math.nan, math.nan, math.nan, math.nan)
        mean = to_fraction(self.total) / self.count
        variance = max(float(to_fraction(self.squares) / self.count - mean * mean), 0.0)
        return MomentsResult(
            self.count, float(mean), math.sqrt(variance), self.minimum, self.maximum
        )
