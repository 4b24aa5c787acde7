"""Errors of predicted numbers. Items whose true value is NaN (not measured) are left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hitsieve.metrics.arrays import Floats, labeled

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def rmse(truth: ArrayLike, predicted: ArrayLike) -> float:
    r"""Root mean squared error, :math:`\sqrt{\tfrac1n\sum(y-\hat y)^2}`, in the unit of ``truth``.

    From 0 (perfect) upwards; predicting the mean gives the standard deviation of ``truth``.

    Raises
    ------
    InputError
        If nothing is measured, lengths differ, or a needed prediction is not finite.

    Examples
    --------
    >>> rmse([1.0, 2.0, float("nan")], [2.0, 3.0, 99.0])
    1.0
    """
    known, guess = labeled(truth, predicted)
    return float(np.sqrt(np.mean((known - guess) ** 2)))


def mae(truth: ArrayLike, predicted: ArrayLike) -> float:
    r"""Mean absolute error, :math:`\tfrac1n\sum|y-\hat y|`, in the unit of ``truth``.

    Examples
    --------
    >>> mae([1.0, 2.0], [2.0, 0.0])
    1.5
    """
    known, guess = labeled(truth, predicted)
    return float(np.mean(np.abs(known - guess)))


def r2(truth: ArrayLike, predicted: ArrayLike) -> float:
    r"""Coefficient of determination, :math:`1-\sum(y-\hat y)^2/\sum(y-\bar y)^2`.

    1 is perfect, 0 is predicting the mean, below 0 is worse than that. NaN if all true values
    are equal: there is no variance to explain.

    Examples
    --------
    >>> r2([1.0, 2.0, 3.0], [2.0, 2.0, 2.0])
    0.0
    """
    known, guess = labeled(truth, predicted)
    if np.ptp(known) == 0.0:  # the computed mean of equal values may differ in the last bit
        return float("nan")
    spread = float(np.sum((known - known.mean()) ** 2))
    return 1.0 - float(np.sum((known - guess) ** 2)) / spread


def pearson(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Pearson correlation, from -1 to 1; 0 for a random guess; NaN if either side is constant.

    Examples
    --------
    >>> round(pearson([1.0, 2.0, 3.0], [2.0, 4.0, 6.0]), 12)
    1.0
    """
    return _correlation(*labeled(truth, predicted))


def spearman(truth: ArrayLike, predicted: ArrayLike) -> float:
    """Spearman rank correlation: Pearson's on average ranks; NaN if either side is constant.

    From -1 to 1; 0 for a random guess.

    References
    ----------
    Spearman, Am. J. Psychol. 15 (1904) 72.

    Examples
    --------
    >>> round(spearman([1.0, 2.0, 3.0], [1.0, 10.0, 100.0]), 12)
    1.0
    """
    known, guess = labeled(truth, predicted)
    from scipy.stats import rankdata

    return _correlation(rankdata(known), rankdata(guess))


def _correlation(first: Floats, second: Floats) -> float:
    # a constant side has no deviation; its computed mean may still differ in the last bit
    if np.ptp(first) == 0.0 or np.ptp(second) == 0.0:
        return float("nan")
    a, b = first - first.mean(), second - second.mean()
    value = float(a @ b / np.sqrt((a @ a) * (b @ b)))
    return min(1.0, max(-1.0, value))
