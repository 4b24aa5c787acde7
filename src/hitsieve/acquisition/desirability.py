"""Several wishes as one number: component, transform, weight, aggregate.

A transform turns a value in its own unit into a desirability between 0 (useless) and 1 (as good
as can be); an aggregate joins those of several components by weight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from hitsieve.config import StrictConfig
from hitsieve.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

Aggregate = Literal["mean", "geometric_mean", "worst"]
_STEEPNESS: Final = float(np.log(99.0))
_LEAST: Final = 1e-9


class TransformConfig(StrictConfig):
    """From a value to its desirability.

    Parameters
    ----------
    kind
        ``rising`` from ``low`` to ``high``, ``falling`` between the same, ``inside`` the window
        from ``low`` to ``high``, or ``linear`` (rising, with kinks instead of an S).
    low, high
        In the value's own unit. A rising desirability is 0.01 at ``low``, 0.5 halfway and 0.99
        at ``high``; a window has 0.5 at both.
    width
        Of the slopes of a window: from its border to 0.01 outside.
    """

    kind: Literal["rising", "falling", "inside", "linear"] = "rising"
    low: float
    high: float
    width: float = Field(default=1.0, gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low = {self.low} is not below high = {self.high}")
        return self

    @property
    def higher_is_better(self) -> bool:
        """Whether the best values lie above; a window has no better end and says True."""
        return self.kind != "falling"


def desirability(config: TransformConfig, values: ArrayLike) -> Floats:
    """Return the desirability of values, from 0 to 1; NaN stays NaN.

    Examples
    --------
    >>> rising = TransformConfig(kind="rising", low=5.0, high=8.0)
    >>> desirability(rising, [5.0, 6.5, 8.0]).round(2).tolist()
    [0.01, 0.5, 0.99]
    """
    x = np.asarray(values, dtype=np.float64)
    if config.kind == "linear":
        return np.clip((x - config.low) / (config.high - config.low), 0.0, 1.0)
    if config.kind == "inside":
        slope = _STEEPNESS / config.width
        return _sigmoid(slope * (x - config.low)) * _sigmoid(slope * (config.high - x))
    middle = (config.low + config.high) / 2
    slope = 2 * _STEEPNESS / (config.high - config.low)
    rising = _sigmoid(slope * (x - middle))
    return rising if config.kind == "rising" else 1.0 - rising


def reaching(config: TransformConfig, wanted: ArrayLike) -> Floats:
    """Return the value from which on the desirability is at least as asked.

    Parameters
    ----------
    config
        Of a transform with a better end; a window has none.
    wanted
        Desirabilities; infinite towards the better end where one is above 1, towards the other
        where it is 0 or less.

    Raises
    ------
    InputError
        If the transform is a window.

    Examples
    --------
    >>> rising = TransformConfig(kind="rising", low=5.0, high=8.0)
    >>> reaching(rising, [0.0, 0.5, 0.99, 1.5]).round(6).tolist()
    [-inf, 6.5, 8.0, inf]
    """
    if config.kind == "inside":
        raise InputError("a window is left at both ends", cure="use rising, falling or linear")
    d = np.asarray(wanted, dtype=np.float64)
    if config.kind == "linear":
        found = config.low + np.minimum(d, 1.0) * (config.high - config.low)
    else:
        middle = (config.low + config.high) / 2
        slope = 2 * _STEEPNESS / (config.high - config.low)
        # Numbers next to 1 are 1 to the last digit: asked for less, nothing is left out wrongly.
        inner = np.clip(d, _LEAST, 1 - _LEAST)
        sign = 1.0 if config.kind == "rising" else -1.0
        found = middle + sign * np.log(inner / (1 - inner)) / slope
    better = np.inf if config.higher_is_better else -np.inf
    return np.where(d > 1, better, np.where(d <= 0, -better, found))


def aggregate(kind: Aggregate, parts: ArrayLike, weights: Sequence[float]) -> Floats:
    r"""Join desirabilities of C components.

    ``mean``: :math:`\sum w_c d_c`, ``geometric_mean``: :math:`\prod d_c^{w_c}` (Derringer and
    Suich, J. Qual. Technol. 12 (1980) 214), weights scaled to add up to 1; ``worst``: the lowest
    component, whatever its weight.

    Parameters
    ----------
    kind
        Which.
    parts
        (..., C) desirabilities from 0 to 1; NaN in one makes the whole NaN.
    weights
        C positive numbers.

    Raises
    ------
    InputError
        If weights do not fit.

    Examples
    --------
    >>> aggregate("geometric_mean", [[0.25, 1.0]], [1, 1]).tolist()
    [0.5]
    """
    values = np.asarray(parts, dtype=np.float64)
    share = _shares(weights, values.shape[-1])
    if kind == "worst":
        return np.asarray(values.min(axis=-1), dtype=np.float64)
    if kind == "mean":
        return np.asarray(values @ share, dtype=np.float64)
    return np.exp(np.log(np.maximum(values, _LEAST)) @ share)


def chebyshev(parts: ArrayLike, direction: Sequence[float]) -> Floats:
    r"""Look at desirabilities from one direction, to reach any part of the Pareto front.

    The augmented Chebyshev value: :math:`\min_c d_c / w_c`, weights scaled so that the largest is
    1, plus a twentieth of the weighted mean, scaled to [0, 1] (ParEGO: Knowles,
    10.1109/TEVC.2005.851274). A weighted sum would never reach a dent of the front.

    Parameters
    ----------
    parts
        (..., C) desirabilities.
    direction
        C positive weights: what matters more has to be reached more.

    Examples
    --------
    >>> chebyshev([[1.0, 1.0], [0.0, 0.0]], [3, 1]).tolist()
    [1.0, 0.0]
    """
    values = np.asarray(parts, dtype=np.float64)
    share = _shares(direction, values.shape[-1])
    ratio = values / np.maximum(share / share.max(), _SMALLEST_SHARE)
    found: Floats = (ratio.min(axis=-1) + _AUGMENT * (values @ share)) / (1 + _AUGMENT)
    return found


_AUGMENT: Final = 0.05
_SMALLEST_SHARE: Final = 1e-3


def _shares(weights: Sequence[float], components: int) -> Floats:
    share = np.asarray(weights, dtype=np.float64)
    if len(share) != components or not (share > 0).all():
        raise InputError(
            f"weights {list(weights)} for {components} components",
            cure="give one number above 0 for each",
        )
    return np.asarray(share / share.sum(), dtype=np.float64)


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(x, -700, 700))), dtype=np.float64)
