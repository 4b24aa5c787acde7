"""How wide the errors of a surrogate are: where predictions are high or low, and in the tail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.stats import t as student

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_LEAST: Final = 1e-3
_FREEDOMS: Final = (3.0, 4.0, 5.0, 7.0, 10.0, 20.0, 50.0, 1000.0)
_SLACK: Final = 2.0
_FEWEST: Final = 30
_A_BIN: Final = 100
_MOST_BINS: Final = 8
_PULL: Final = 30.0


@dataclass(frozen=True, slots=True)
class Tail:
    """Errors towards the wanted end, over the spreads that go with them.

    They are wider than those towards the other end where most compounds lie near a lower bound
    and a few far above it: the usual picture of a screen.

    Attributes
    ----------
    freedom
        Degrees of freedom of Student's t that fits them: few for heavy tails.
    width
        Root of their mean square: spreads times this are theirs.
    """

    freedom: float = 5.0
    width: float = 1.0

    @classmethod
    def of(cls, upwards: Floats) -> Tail:
        """Fit standardized errors, positive towards the wanted end; plain with fewer than 30."""
        above = upwards[upwards > 0]
        if len(above) < _FEWEST:
            return cls()
        width = max(float(np.sqrt((above**2).mean())), _LEAST)
        return cls(freedom_of(np.concatenate([above, -above]) / width), width)


def freedom_of(standardized: Floats) -> float:
    """Return the degrees of freedom of Student's t, of unit variance, that fit errors.

    From 3 to 1,000 (all but normal): the fewest whose log likelihood is at most 2 below the best,
    for the tails matter where no error has been seen. 5 with fewer than 30 errors to judge by.
    """
    if len(standardized) < _FEWEST:
        return 5.0
    scales = {nu: np.sqrt((nu - 2) / nu) for nu in _FREEDOMS}
    likely = {
        nu: float(
            student.logpdf(standardized / scale, nu).sum() - len(standardized) * np.log(scale)
        )
        for nu, scale in scales.items()
    }
    enough = max(likely.values()) - _SLACK
    return min(nu for nu in _FREEDOMS if likely[nu] >= enough)


def local_stretch(mean: Floats, ratio: Floats) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return by what spreads are to be stretched where predictions are about so high.

    A surrogate with one noise for all compounds says too much of those it predicts low and too
    little of those it predicts high, where values scatter more. About a hundred left-out
    compounds of like prediction decide together, pulled towards all of them as by thirty more.

    Parameters
    ----------
    mean
        Left-out predictions, float64 (n,).
    ratio
        Their errors over their spreads, float64 (n,).

    Returns
    -------
    Marks, ascending, and the stretch at each.

    Examples
    --------
    >>> marks, stretches = local_stretch(np.arange(200.0), np.repeat([0.5, 2.0], 100))
    >>> marks, [round(one, 2) for one in stretches]
    ((49.5, 149.5), [0.83, 1.89])
    """
    squared = ratio**2
    whole = float(squared.mean())
    bins = min(max(1, len(mean) // _A_BIN), _MOST_BINS)
    marks, stretches = [], []
    for rows in np.array_split(np.argsort(mean, kind="stable"), bins):
        pulled = (float(squared[rows].sum()) + _PULL * whole) / (len(rows) + _PULL)
        marks.append(float(mean[rows].mean()))
        stretches.append(max(float(np.sqrt(pulled)), _LEAST))
    return tuple(marks), tuple(stretches)


def stretch_at(mean: Floats, marks: Sequence[float], stretches: Sequence[float]) -> Floats:
    """Return the stretch of predictions, float64 (n,); beyond the marks that of the last one."""
    found: Floats = np.exp(np.interp(mean, marks, np.log(stretches)))
    return found
