"""Whether predicted intervals and spreads keep their word.

Items whose true value is NaN (not measured) are left out everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hitsieve.errors import InputError
from hitsieve.metrics.arrays import labeled
from hitsieve.metrics.regression import spearman

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def coverage(truth: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> float:
    """Share of true values inside their interval, ends included.

    From 0 to 1; should equal the promised level.

    Raises
    ------
    InputError
        If an interval ends before it starts, or nothing is measured.

    Examples
    --------
    >>> coverage([1.0, 5.0], [0.0, 0.0], [2.0, 2.0])
    0.5
    """
    known, low, high = labeled(truth, lower, upper)
    if (high < low).any():
        raise InputError("an interval's upper end lies below its lower end", cure="swap the ends")
    return float(np.mean((known >= low) & (known <= high)))


def interval_width(truth: ArrayLike, lower: ArrayLike, upper: ArrayLike) -> float:
    """Mean width of the intervals of measured items, in the unit of the endpoint.

    Of two interval sets with the same coverage the narrower is better.

    Examples
    --------
    >>> interval_width([1.0, 5.0], [0.0, 0.0], [2.0, 4.0])
    3.0
    """
    _, low, high = labeled(truth, lower, upper)
    return float(np.mean(high - low))


def nll_gaussian(truth: ArrayLike, mean: ArrayLike, std: ArrayLike) -> float:
    r"""Mean negative log likelihood under normal predictions, in nats; lower is better.

    .. math:: \tfrac1n\sum \tfrac12\ln(2\pi\sigma^2) + \frac{(y-\mu)^2}{2\sigma^2}

    Raises
    ------
    InputError
        If a standard deviation of a measured item is not positive.

    Examples
    --------
    >>> round(nll_gaussian([0.0], [0.0], [1.0]), 6)
    0.918939
    """
    known, center, spread = labeled(truth, mean, std)
    if (spread <= 0.0).any():
        raise InputError(
            f"std = {spread.min()} is not positive", cure="calibrate the spread with a floor first"
        )
    terms = 0.5 * np.log(2 * np.pi * spread**2) + (known - center) ** 2 / (2 * spread**2)
    return float(np.mean(terms))


def error_spread_correlation(truth: ArrayLike, mean: ArrayLike, std: ArrayLike) -> float:
    """Rank correlation of absolute error and predicted spread: whether doubt tells errors.

    From -1 to 1; 0 if the spread carries no information; NaN if it is constant. Even a perfect
    spread stays well below 1, because an error is one draw from it:
    see :func:`attainable_correlation`.

    Examples
    --------
    >>> round(error_spread_correlation([0.0, 0.0, 0.0], [0.1, 0.5, 2.0], [1.0, 2.0, 3.0]), 6)
    1.0
    """
    known, center, spread = labeled(truth, mean, std)
    return spearman(np.abs(known - center), spread)


def attainable_correlation(std: ArrayLike, *, seed: int, repeats: int = 20) -> float:
    """Correlation that :func:`error_spread_correlation` would have if the spreads were true.

    Errors are drawn from normal distributions with exactly these spreads.

    Parameters
    ----------
    std
        (n,) predicted spreads.
    seed
        Of the simulation.
    repeats
        Simulations averaged.
    """
    (spread,) = labeled(std)
    draws = np.random.default_rng(seed).standard_normal((repeats, len(spread)))
    return float(np.mean([spearman(np.abs(draw * spread), spread) for draw in draws]))
