"""Acquisition functions: from predicted mean and spread to what a measurement is worth.

All return (n,) values of which the **highest** is acquired first, whatever the direction of the
endpoint; NaN where the prediction is NaN (such compounds are never picked). Means, spreads and
``best`` are in the endpoint's unit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr

from hitsieve.errors import InputError
from hitsieve.metrics.arrays import Floats, same_length, vector
from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_ROOT_TWO_PI = float(np.sqrt(2 * np.pi))


def greedy(mean: ArrayLike, *, higher_is_better: bool = True) -> Floats:
    """Value a compound by its predicted mean alone.

    Examples
    --------
    >>> greedy([1.0, 2.0], higher_is_better=False)
    array([-1., -2.])
    """
    values = vector(mean, "mean")
    return values if higher_is_better else -values


def upper_confidence_bound(
    mean: ArrayLike, std: ArrayLike, *, beta: float = 1.0, higher_is_better: bool = True
) -> Floats:
    r"""Value a compound by :math:`\mu + \beta\sigma`, in the wanted direction.

    References
    ----------
    Srinivas et al., ICML 2010.

    Examples
    --------
    >>> upper_confidence_bound([1.0], [0.5], beta=2.0)
    array([2.])
    """
    center, spread = _predictions(mean, std, higher_is_better=higher_is_better)
    if not beta >= 0:
        raise InputError(f"beta = {beta} is negative", cure="use 1")
    return center + beta * spread


def balance(
    mean: ArrayLike, std: ArrayLike, *, explore: float, higher_is_better: bool = True
) -> Floats:
    r"""Value a compound by mean and spread, one slider between them.

    :math:`(1 - e)\mu + e\sigma`, in the wanted direction: 0 is greedy, 1 takes what is known
    least, 0.5 is the upper confidence bound with :math:`\beta = 1`.

    Raises
    ------
    InputError
        If ``explore`` is outside [0, 1].

    Examples
    --------
    >>> balance([1.0, 2.0], [0.5, 0.1], explore=0.0)
    array([1., 2.])
    """
    center, spread = _predictions(mean, std, higher_is_better=higher_is_better)
    if not 0 <= explore <= 1:
        raise InputError(f"explore = {explore} is outside [0, 1]", cure="use 0.2")
    return (1 - explore) * center + explore * spread


def probability_of_improvement(
    mean: ArrayLike,
    std: ArrayLike,
    best: float,
    *,
    xi: float = 0.0,
    higher_is_better: bool = True,
) -> Floats:
    r"""Probability that a compound beats the best measured one by more than ``xi``.

    :math:`\Phi\left(\frac{\mu - best - \xi}{\sigma}\right)`; without spread 1 or 0. From 0 to 1.

    References
    ----------
    Kushner, J. Basic Eng. 86 (1964) 97.

    Examples
    --------
    >>> probability_of_improvement([1.0, 3.0], [1.0, 0.0], best=1.0)
    array([0.5, 1. ])
    """
    gain, spread = _gain(mean, std, best, xi, higher_is_better=higher_is_better)
    certain = np.where(gain > 0, 1.0, np.where(np.isnan(gain), np.nan, 0.0))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        likely = ndtr(gain / spread)
    values: Floats = np.where(spread > 0, likely, certain)
    return values


def expected_improvement(
    mean: ArrayLike,
    std: ArrayLike,
    best: float,
    *,
    xi: float = 0.0,
    higher_is_better: bool = True,
) -> Floats:
    r"""Return by how much a compound is expected to beat the best measured one.

    :math:`(\mu - best - \xi)\Phi(z) + \sigma\phi(z)` with :math:`z = (\mu - best - \xi)/\sigma`;
    without spread the positive part of the gain. Never negative; in the endpoint's unit.

    References
    ----------
    Jones, Schonlau and Welch, J. Glob. Optim. 13 (1998) 455.

    Examples
    --------
    >>> expected_improvement([3.0], [0.0], best=1.0)
    array([2.])
    """
    gain, spread = _gain(mean, std, best, xi, higher_is_better=higher_is_better)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        z = gain / spread
        density = np.exp(-0.5 * z * z) / _ROOT_TWO_PI
        expected = np.maximum(gain * ndtr(z) + spread * density, 0.0)
    values: Floats = np.where(spread > 0, expected, np.maximum(gain, 0.0))
    return values


def thompson(
    mean: ArrayLike, std: ArrayLike, *, seed: int, higher_is_better: bool = True
) -> Floats:
    """Value a compound by one draw from its own predicted normal distribution.

    Draws are independent between compounds. Equal seeds give equal draws.

    References
    ----------
    Thompson, Biometrika 25 (1933) 285.
    """
    center, spread = _predictions(mean, std, higher_is_better=higher_is_better)
    noise = np.random.default_rng(child_seed(seed, "thompson")).standard_normal(len(center))
    return center + spread * noise


def random_values(n: int, *, seed: int) -> Floats:
    """Value n compounds at random: the baseline every campaign is compared with."""
    return np.random.default_rng(child_seed(seed, "random")).random(n)


def _gain(
    mean: ArrayLike, std: ArrayLike, best: float, xi: float, *, higher_is_better: bool
) -> tuple[Floats, Floats]:
    center, spread = _predictions(mean, std, higher_is_better=higher_is_better)
    if not np.isfinite(best):
        raise InputError(f"best = {best}", cure="measure at least one compound first")
    if not xi >= 0:
        raise InputError(f"xi = {xi} is negative", cure="use 0")
    return center - (best if higher_is_better else -best) - xi, spread


def _predictions(
    mean: ArrayLike, std: ArrayLike, *, higher_is_better: bool
) -> tuple[Floats, Floats]:
    center, spread = greedy(mean, higher_is_better=higher_is_better), vector(std, "std")
    same_length(mean=center, std=spread)
    if (spread < 0).any():
        raise InputError(f"std = {spread.min()} is negative")
    return center, spread
