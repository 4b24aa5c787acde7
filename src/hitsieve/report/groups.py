"""Which kinds of compounds turned out good: groups with means that few members cannot inflate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.metrics.bootstrap import Interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_NORMAL: Final = 1.959963984540054
FEWEST: Final = 3
"""Members from which on a group is told of."""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of measured compounds.

    Attributes
    ----------
    name
        As given.
    members
        Places of its compounds, the best first.
    mean
        Its mean value, shrunken towards that of all, with a 95 % interval.
    hits
        Members among the best tenth of all that was measured.
    share
        Of hits among its members, with a 95 % interval (Wilson).
    """

    name: str
    members: tuple[int, ...]
    mean: Interval
    hits: int
    share: Interval

    @property
    def count(self) -> int:
        """How many members it has."""
        return len(self.members)


def best_groups(
    names: Sequence[str],
    values: Floats,
    sure: Floats,
    *,
    higher_is_better: bool,
    most: int,
) -> list[Group]:
    """Return the groups of at least three compounds that are better than all, best first.

    In order of the poorer end of the interval of their means.

    Parameters
    ----------
    names
        Group of each of n compounds.
    values
        (n,) exact values, by which means are taken; NaN where there is none.
    sure
        (n,) values that were surely reached, by which hits are counted; NaN where there is none.
    higher_is_better
        Direction of the endpoint.
    most
        Groups at most.
    """
    sign = 1.0 if higher_is_better else -1.0
    known = np.isfinite(values)
    if known.sum() < FEWEST:
        return []
    hits = _hits(sign * sure)
    labels, place = np.unique(np.asarray(names, dtype=object).astype(str), return_inverse=True)
    means = shrunken_means(place[known], sign * values[known], len(labels))
    common = float((sign * values[known]).mean())
    order = np.argsort(np.where(np.isfinite(sure), -sign * sure, np.inf), kind="stable")
    found = []
    for number, name in enumerate(labels):
        inside = order[place[order] == number]
        if (known & (place == number)).sum() < FEWEST:
            continue
        mean = Interval(*sorted(sign * part for part in means[number]))
        if sign * mean.value <= common:
            continue
        n = int(hits[inside].sum())
        found.append(Group(str(name), tuple(inside.tolist()), mean, n, wilson(n, len(inside))))

    def poorer_end(one: Group) -> float:
        return -one.mean.low if higher_is_better else one.mean.high

    return sorted(found, key=lambda one: (poorer_end(one), one.name))[:most]


def shrunken_means(
    place: NDArray[np.int64], values: Floats, n: int, *, center: float | None = None
) -> list[Interval]:
    """Return the mean of each of ``n`` groups, drawn towards a common one, with 95 % intervals.

    Values are taken as normal around means of groups, and these as normal around a common mean;
    both variances by the analysis of variance (Searle, Casella and McCulloch, Variance
    Components, 1992, ch. 3). A group of one or two stays near the common mean, and one without
    members is there.

    Parameters
    ----------
    place
        (m,) group of each value.
    values
        (m,) values; none is NaN.
    n
        Groups.
    center
        The common mean; None for the mean of all values.

    Examples
    --------
    >>> import numpy as np
    >>> values = np.array([5.0, 5.2, 4.9, 9.0, 1.0, 1.1, 0.9])
    >>> [round(one.value, 1) for one in shrunken_means(np.array([0, 0, 0, 1, 2, 2, 2]), values, 3)]
    [5.0, 9.0, 1.0]
    """
    counts = np.bincount(place, minlength=n).astype(np.float64)
    sums = np.bincount(place, weights=values, minlength=n)
    own = np.divide(sums, counts, out=np.zeros(n), where=counts > 0)
    common = float(values.mean()) if center is None else center
    m, groups = len(values), int((counts > 0).sum())
    inside = float(((values - own[place]) ** 2).sum()) / max(1, m - groups)
    free = groups if center is not None else groups - 1
    spread = float((counts * (own - common) ** 2).sum()) - free * inside
    scale = m - (float((counts**2).sum()) / m if center is None else 0.0)
    between = max(0.0, spread / scale) if scale > 0 else 0.0
    found = []
    for number in range(n):
        noise = inside / counts[number] if counts[number] else np.inf
        weight = between / (between + noise) if between + noise > 0 else 1.0
        value = common + weight * (own[number] - common)
        half = _NORMAL * np.sqrt(weight * noise if counts[number] else between)
        found.append(Interval(float(value - half), float(value), float(value + half)))
    return found


def wilson(hits: int, n: int) -> Interval:
    """Return a share with its 95 % score interval (Wilson, J. Am. Stat. Assoc. 22 (1927) 209).

    Examples
    --------
    >>> [round(part, 3) for part in wilson(3, 10)]
    [0.108, 0.3, 0.603]
    """
    if not n:
        return Interval(0.0, float("nan"), 1.0)
    z2, share = _NORMAL**2, hits / n
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _NORMAL * np.sqrt(share * (1 - share) / n + z2 / (4 * n**2)) / (1 + z2 / n)
    return Interval(max(0.0, float(middle - half)), share, min(1.0, float(middle + half)))


def _hits(sure: Floats) -> NDArray[np.bool_]:
    """Return which are among the best tenth of those that are known, higher is better."""
    known = np.sort(sure[np.isfinite(sure)])
    if not len(known):
        return np.zeros(len(sure), bool)
    border = known[-max(1, len(known) // 10)]
    found: NDArray[np.bool_] = np.nan_to_num(sure, nan=-np.inf) >= border
    return found
