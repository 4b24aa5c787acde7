"""How sure a metric is: percentile intervals from resampled items."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from hitsieve.errors import InputError
from hitsieve.metrics.arrays import same_length

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt


class Interval(NamedTuple):
    """A metric's value on all items between the ends of its interval."""

    low: float
    value: float
    high: float


def interval(
    metric: Callable[..., float],
    *arrays: npt.NDArray[np.generic],
    seed: int,
    n: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Percentile bootstrap interval of a metric.

    Items are drawn with replacement, the same ones from every array. Resamples on which the
    metric is undefined (NaN, or refused for lack of a class) are left out; if more than half
    are, both ends are NaN.

    Parameters
    ----------
    metric
        Takes the resampled arrays, returns a number.
    arrays
        (items, ...) arrays resampled together along the first axis.
    seed
        Of the resampling: equal seeds give equal intervals.
    n
        Resamples.
    level
        Share of resamples between the ends.

    Raises
    ------
    InputError
        If the arrays are empty or differ in length, or ``level`` is outside (0, 1).

    References
    ----------
    Efron and Tibshirani, An Introduction to the Bootstrap, 1993.

    Examples
    --------
    >>> import numpy as np
    >>> low, value, high = interval(np.mean, np.arange(100.0), seed=1)
    >>> low < value < high
    True
    """
    if not arrays:
        raise InputError("no arrays to resample")
    if not 0.0 < level < 1.0:
        raise InputError(f"level = {level} is outside (0, 1)", cure="use 0.95")
    items = same_length(**{f"array_{i}": array for i, array in enumerate(arrays)})
    rng = np.random.default_rng(seed)
    found = [_try(metric, arrays, rng.integers(0, items, items)) for _ in range(n)]
    usable = np.array([v for v in found if np.isfinite(v)])
    value = float(metric(*arrays))
    if len(usable) * 2 < n:
        return Interval(float("nan"), value, float("nan"))
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(usable, (tail, 1.0 - tail))
    return Interval(float(low), value, float(high))


def _try(
    metric: Callable[..., float],
    arrays: tuple[npt.NDArray[np.generic], ...],
    chosen: npt.NDArray[np.int64],
) -> float:
    try:
        return float(metric(*(array[chosen] for array in arrays)))
    except InputError:
        return float("nan")
