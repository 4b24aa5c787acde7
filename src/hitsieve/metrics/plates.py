"""How well a plate tells its controls apart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.metrics.arrays import vector

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

EXCELLENT: Final = 0.5
"""Z' from which an assay separates its controls excellently; below it is doubtful."""
_FEWEST: Final = 2
_MEANINGS: Final = (
    (EXCELLENT, "excellent: the controls are far apart"),
    (0.0, "marginal: the controls are told apart, and little lies between them"),
    (float("-inf"), "not usable: the controls overlap"),
)


def z_prime(positive: ArrayLike, negative: ArrayLike) -> float:
    r"""Z' factor, :math:`1-3(s_p+s_n)/|\bar p-\bar n|`, of the controls of one plate.

    The share of the window between both means that lies outside of three standard deviations
    (with n - 1) of either: 1 is perfect, at least 0.5 excellent, and below 0 the two overlap
    (Zhang, Chung and Oldenburg, J. Biomol. Screen. 4 (1999) 67, 10.1177/108705719900400206). In
    the unit of the values nothing is assumed of direction.

    Parameters
    ----------
    positive, negative
        (n,) and (m,) values of either control; NaN where there is none.

    Returns
    -------
    float
        NaN with fewer than two values of a kind, or where the means are equal.

    Examples
    --------
    >>> round(z_prime([100.0, 102.0, 98.0], [1.0, 0.0, 2.0]), 3)
    0.909
    """
    high, low = (vector(values, "controls") for values in (positive, negative))
    high, low = high[~np.isnan(high)], low[~np.isnan(low)]
    if min(len(high), len(low)) < _FEWEST:
        return float("nan")
    window = abs(float(high.mean() - low.mean()))
    spread = float(high.std(ddof=1) + low.std(ddof=1))
    return 1.0 - 3.0 * spread / window if window > 0 else float("nan")


def meaning_of(z: float | None) -> str:
    """Say what a Z' factor means, after the classes of Zhang, Chung and Oldenburg (1999).

    Parameters
    ----------
    z
        See :func:`z_prime`; None or NaN where it is unknown.

    Examples
    --------
    >>> meaning_of(0.7), meaning_of(0.2)[:8], meaning_of(-0.1)[:10], meaning_of(None)
    ('excellent: the controls are far apart', 'marginal', 'not usable', 'unknown')
    """
    if z is None or math.isnan(z):
        return "unknown"
    return next(words for least, words in _MEANINGS if z >= least)
