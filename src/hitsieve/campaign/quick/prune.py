"""Leaving out compounds that cannot reach the top any more, at a known price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import stdtr

from hitsieve.campaign.quick.spread import Tail

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_PLAIN: Final = Tail()
_LOWEST: Final = -12
_STEPS_A_DECADE: Final = 40
_EDGES: Final = np.logspace(_LOWEST, 0, -_LOWEST * _STEPS_A_DECADE + 1)
_GRID: Final = (2000, 100)
_HALVINGS: Final = 60
_ROOM: Final = 5


@dataclass(frozen=True, slots=True)
class Pruning:
    """What the next rounds leave out.

    Attributes
    ----------
    threshold
        Value a compound must reach, in the wanted direction (high is good).
    cut
        Compounds with a lower chance to reach it are left out.
    kept, dropped
        Compounds of this round's pool on either side.
    expected_loss
        Expected share of the wanted top among those dropped in this round.
    lost
        The same of all rounds so far.
    freedom, width
        Tail of the errors, see :class:`~.spread.Tail`.
    """

    threshold: float
    cut: float
    kept: int
    dropped: int
    expected_loss: float
    lost: float = 0.0
    freedom: float = _PLAIN.freedom
    width: float = _PLAIN.width


def chances(mean: Floats, std: Floats, threshold: float | Floats, tail: Tail = _PLAIN) -> Floats:
    """Return the chance of each compound to reach a value, or one of its own, float64 (n,).

    Errors have heavier tails than a normal distribution: Student's t, scaled to the same
    standard deviation. NaN means a compound without a prediction, whose chance is taken as 1.

    Examples
    --------
    >>> chances(np.array([1.0, 0.0]), np.array([1.0, 0.1]), 1.0).round(3).tolist()
    [0.5, 0.0]
    """
    scale = np.maximum(std, np.finfo(float).tiny) * tail.width
    scale *= np.sqrt((tail.freedom - 2) / tail.freedom)
    found: Floats = stdtr(tail.freedom, (mean - threshold) / scale)
    return np.nan_to_num(found, nan=1.0)


@dataclass(frozen=True, slots=True)
class Cloud:
    """The predictions of a pool, gathered in cells of like mean and spread.

    However large the pool, it takes the memory of its cells.

    Attributes
    ----------
    count, mean, std
        float64 (cells,): compounds of each cell, and their average mean and spread.
    """

    count: Floats
    mean: Floats
    std: Floats

    @classmethod
    def of(cls, pieces: Iterable[tuple[Floats, Floats]]) -> Cloud:
        """Gather mean and spread of a pool, piece by piece; high is good; read twice."""
        low, high = _ends(pieces)
        width = np.maximum(high - low, np.finfo(float).tiny)
        sums = np.zeros((3, _GRID[0] * _GRID[1]))
        for piece in pieces:
            mean, std = _known(piece)
            inside = (np.stack([mean, std], axis=1) - low) / width * _GRID
            row, column = np.minimum(inside, np.array(_GRID) - 1).astype(np.int64).T
            cell = row * _GRID[1] + column
            for place, weight in enumerate((np.ones(len(mean)), mean, std)):
                sums[place] += np.bincount(cell, weights=weight, minlength=sums.shape[1])
        filled = sums[0] > 0
        count = sums[0, filled]
        return cls(count, sums[1, filled] / count, sums[2, filled] / count)

    def reaching(self, threshold: float, tail: Tail) -> float:
        """Return how many compounds are expected to reach a value."""
        return float(self.count @ chances(self.mean, self.std, threshold, tail))


def _ends(pieces: Iterable[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    for piece in pieces:
        mean, std = _known(piece)
        if len(mean):
            low = np.minimum(low, [mean.min(), std.min()])
            high = np.maximum(high, [mean.max(), std.max()])
    return low, high


def _known(piece: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    mean, std = piece
    known = ~np.isnan(mean) & ~np.isnan(std)
    return mean[known], std[known]


def wanted_value(
    pieces: Iterable[tuple[Floats, Floats]], measured: float, *, top: int, tail: Tail = _PLAIN
) -> float:
    """Return the value that the k-th best compound of the pool has, as far as is known.

    That is the value which k compounds of the pool are expected to reach by what is predicted of
    all, or the k-th best measured value if that is higher.

    Parameters
    ----------
    pieces
        Mean and spread of the pool, piece by piece; high is good; read twice.
    measured
        The k-th best measured value.
    top
        The k.
    tail
        Of the errors.
    """
    cloud = Cloud.of(pieces)
    if cloud.count.sum() < top or cloud.reaching(measured, tail) <= top:
        return measured
    step = max(float((cloud.std * tail.width).max()), np.finfo(float).tiny)
    above = max(measured, float(cloud.mean.max())) + step
    while cloud.reaching(above, tail) > top:
        step *= 2
        above += step
    below = measured
    for _ in range(_HALVINGS):
        middle = (below + above) / 2
        below, above = (middle, above) if cloud.reaching(middle, tail) > top else (below, middle)
    return below


def decide(
    pieces: Iterable[tuple[Floats, Floats]],
    threshold: float,
    *,
    top: int,
    loss: float,
    tail: Tail = _PLAIN,
    lost: float = 0.0,
) -> Pruning:
    """Choose the cut so that what is dropped holds at most a share of the top, as expected.

    At least five times as many compounds as the top holds are kept.

    Parameters
    ----------
    pieces
        Mean and spread of the pool, piece by piece; high is good.
    threshold
        Value that the wanted top reaches, see :func:`wanted_value`. It only rises, so chances
        are rather too high.
    top
        How many compounds the top holds.
    loss
        Largest expected share of them that may be dropped now.
    tail
        Of the errors.
    lost
        Expected share dropped in earlier rounds.
    """
    found = (chances(mean, std, threshold, tail) for mean, std in pieces)
    return decide_by(found, threshold, top=top, loss=loss, tail=tail, lost=lost)


def decide_by(
    pieces: Iterable[Floats],
    threshold: float,
    *,
    top: int,
    loss: float,
    tail: Tail = _PLAIN,
    lost: float = 0.0,
) -> Pruning:
    """Choose the cut by the chance of each compound to reach the threshold; see :func:`decide`.

    Parameters
    ----------
    pieces
        Chances of the pool, piece by piece, float64 (n,).
    threshold, top, loss, tail, lost
        As for :func:`decide`.
    """
    counts = np.zeros(len(_EDGES) + 1, np.int64)
    sums = np.zeros(len(_EDGES) + 1)
    for found in pieces:
        place = np.searchsorted(_EDGES, found, side="right")
        counts += np.bincount(place, minlength=len(counts))
        sums += np.bincount(place, weights=found, minlength=len(sums))
    below = np.cumsum(sums)
    # place p holds chances from edge p - 1 up to edge p: dropping p places cuts at edge p - 1
    affordable = int(np.searchsorted(below, loss * top, side="right"))
    # However sure the surrogate is, what it does not expect must have room in later rounds.
    roomy = int(np.searchsorted(np.cumsum(counts), counts.sum() - _ROOM * top, side="right"))
    places = min(affordable, roomy, len(_EDGES) - 1) if loss > 0 else 0
    dropped = int(counts[:places].sum())
    expected = float(below[places - 1]) / top if places else 0.0
    return Pruning(
        threshold=threshold,
        cut=float(_EDGES[places - 1]) if places else 0.0,
        kept=int(counts.sum()) - dropped,
        dropped=dropped,
        expected_loss=expected,
        lost=lost + expected,
        freedom=tail.freedom,
        width=tail.width,
    )
