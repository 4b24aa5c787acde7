"""Pareto fronts: what is beaten by nothing in every respect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hitsieve.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def fronts(values: ArrayLike) -> NDArray[np.int32]:
    """Return the Pareto front of each of n points (Deb, 10.1109/4235.996017).

    A point dominates another if it is no worse in any column and better in one. Front 1 is
    dominated by nothing, front 2 by front 1 only, and so on.

    Parameters
    ----------
    values
        (n, C): high is good in every column; rows with NaN come last, in a front of their own.

    Returns
    -------
    int32 (n,), from 1.

    Raises
    ------
    InputError
        If it is no matrix.

    Examples
    --------
    >>> fronts([[1, 0], [0, 1], [0, 0]]).tolist()
    [1, 1, 2]
    """
    points = np.asarray(values, dtype=np.float64)
    if points.ndim != 2:  # noqa: PLR2004 - a matrix
        raise InputError(f"values have shape {points.shape}, (n, components) is expected")
    number = np.zeros(len(points), np.int32)
    left = np.flatnonzero(~np.isnan(points).any(axis=1))
    current = 0
    while len(left):
        current += 1
        best = _undominated(points[left])
        number[left[best]] = current
        left = left[~best]
    number[number == 0] = current + 1
    return number


def crowding(values: ArrayLike) -> NDArray[np.float64]:
    """Return how lonely each of n points is among the others (Deb, 10.1109/4235.996017).

    The sum over columns of the distance between its two neighbors there, as a share of the
    column's range; infinite for the best and worst of a column.

    Parameters
    ----------
    values
        (n, C), such as one Pareto front.
    """
    points = np.asarray(values, dtype=np.float64)
    lonely = np.zeros(len(points))
    for column in points.T:
        order = np.argsort(column, kind="stable")
        ordered = column[order]
        span = ordered[-1] - ordered[0] if len(ordered) else 0.0
        lonely[order[[0, -1]]] = np.inf
        if span > 0 and len(ordered) > 2:  # noqa: PLR2004 - two ends and one between
            lonely[order[1:-1]] += (ordered[2:] - ordered[:-2]) / span
    return lonely


def _undominated(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which of n points no other dominates."""
    # Down the order of the sums, a point can only be dominated by one before it.
    order = np.lexsort((*points.T, points.sum(axis=1)))[::-1]
    keep = np.zeros(len(points), bool)
    front = np.empty((0, points.shape[1]))
    for place in order:
        point = points[place]
        worse = (front >= point).all(axis=1) & (front > point).any(axis=1)
        if not worse.any():
            keep[place] = True
            front = np.concatenate([front, point[None]])
    return keep
