"""Tied groups of a ranking, and the chance of their members to be among the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from hitsieve.metrics.arrays import Floats


def tied_groups(
    values: Floats, *, higher_is_better: bool
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Order values best first and find what is tied; NaN comes last, all of it tied.

    Returns
    -------
    order
        (n,) indices, best first.
    starts, sizes
        (g,) place in the order where each tied group begins, and how many it holds.
    """
    signed = -values if higher_is_better else values
    order = np.argsort(signed, kind="stable").astype(np.int64)  # NaN sorts last
    ranked = signed[order]
    nan = np.isnan(ranked)
    new = np.ones(len(ranked), dtype=np.bool_)
    new[1:] = (ranked[1:] != ranked[:-1]) & ~(nan[1:] & nan[:-1])
    starts = np.flatnonzero(new).astype(np.int64)
    sizes = np.diff(np.append(starts, len(ranked))).astype(np.int64)
    return order, starts, sizes


def inclusion(values: Floats, k: int, *, higher_is_better: bool) -> Floats:
    """Return (n,) the probability of each item to be among the first k, ties broken at random.

    Examples
    --------
    >>> inclusion(np.array([3.0, 1.0, 1.0]), 2, higher_is_better=True)
    array([1. , 0.5, 0.5])
    """
    order, starts, sizes = tied_groups(values, higher_is_better=higher_is_better)
    share = np.clip(k - starts, 0, sizes) / sizes
    probability = np.empty(len(values), dtype=np.float64)
    probability[order] = np.repeat(share, sizes)
    return probability
