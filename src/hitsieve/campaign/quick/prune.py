"""Leaving out compounds that cannot reach the top any more, at a known price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.stats import t as student

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_LOWEST: Final = -12
_STEPS_A_DECADE: Final = 40
_EDGES: Final = np.logspace(_LOWEST, 0, -_LOWEST * _STEPS_A_DECADE + 1)


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
        Expected share of the wanted top among the dropped.
    freedom
        Of the errors' tails.
    """

    threshold: float
    cut: float
    kept: int
    dropped: int
    expected_loss: float
    freedom: float = 5.0


def chances(mean: Floats, std: Floats, threshold: float, freedom: float = 5.0) -> Floats:
    """Return the chance of each compound to reach a value, float64 (n,).

    Errors have heavier tails than a normal distribution: Student's t, scaled to the same
    standard deviation. NaN means a compound without a prediction, whose chance is taken as 1.

    Examples
    --------
    >>> chances(np.array([1.0, 0.0]), np.array([1.0, 0.1]), 1.0).round(3).tolist()
    [0.5, 0.0]
    """
    scale = np.maximum(std, np.finfo(float).tiny) * np.sqrt((freedom - 2) / freedom)
    found: Floats = student.sf((threshold - mean) / scale, freedom)
    return np.nan_to_num(found, nan=1.0)


def wanted_value(pieces: Iterable[tuple[Floats, Floats]], measured: float, *, top: int) -> float:
    """Return the value the k-th best compound of the pool has at least, as far as is known.

    That is the k-th best measured value, or the k-th best predicted mean if that is higher:
    predicted means lie closer together than true values, so it is rather too low.

    Parameters
    ----------
    pieces
        Mean and spread of the pool, piece by piece; high is good.
    measured
        The k-th best measured value.
    top
        The k.
    """
    best = np.empty(0)
    seen = 0
    for mean, _ in pieces:
        known = mean[~np.isnan(mean)]
        seen += len(known)
        best = np.sort(np.concatenate([best, known]))[::-1][:top]
    return max(measured, float(best[-1])) if seen >= top else measured


def decide(
    pieces: Iterable[tuple[Floats, Floats]],
    threshold: float,
    *,
    top: int,
    loss: float,
    freedom: float = 5.0,
) -> Pruning:
    """Choose the cut so that what is dropped holds at most a share of the top, as expected.

    Parameters
    ----------
    pieces
        Mean and spread of the pool, piece by piece; high is good.
    threshold
        The k-th best measured value. It only rises, so chances are rather too high.
    top
        How many compounds the top holds.
    loss
        Largest expected share of them that may be dropped.
    freedom
        Of the errors' tails, see :func:`chances`.
    """
    counts = np.zeros(len(_EDGES) + 1, np.int64)
    sums = np.zeros(len(_EDGES) + 1)
    for mean, std in pieces:
        found = chances(mean, std, threshold, freedom)
        place = np.searchsorted(_EDGES, found, side="right")
        counts += np.bincount(place, minlength=len(counts))
        sums += np.bincount(place, weights=found, minlength=len(sums))
    below = np.cumsum(sums)
    # place p holds chances from edge p - 1 up to edge p: dropping p places cuts at edge p - 1
    affordable = int(np.searchsorted(below, loss * top, side="right"))
    places = min(affordable, len(_EDGES) - 1) if loss > 0 else 0
    dropped = int(counts[:places].sum())
    return Pruning(
        threshold=threshold,
        cut=float(_EDGES[places - 1]) if places else 0.0,
        kept=int(counts.sum()) - dropped,
        dropped=dropped,
        expected_loss=float(below[places - 1]) / top if places else 0.0,
        freedom=freedom,
    )
