"""Folds that are left out in turn: at random, or families of compounds together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.training.data import Task

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]


def deal(
    y: Floats, task: Task, folds: int, rng: np.random.Generator, groups: Rows | None = None
) -> list[Rows]:
    """Deal compounds into folds.

    Without groups each compound is dealt alone, classes evenly. With groups the compounds of one
    go to the same fold, the largest first, each to the fold that lacks most of the compounds (of
    their class). A group of more than half a fold is dealt compound by compound: no division into
    parts leaves so large a family out either, and a fold should not hold little else.

    Parameters
    ----------
    y
        float64 (n,): values, or classes 0 and 1, without gaps.
    task
        Kind of target.
    folds
        How many; fewer where there are fewer compounds.
    rng
        Draws the order.
    groups
        int64 (n,): family of each compound, such as its scaffold.

    Returns
    -------
    list of int64 (k,)
        Places of each fold's compounds, ascending; none is empty.
    """
    order = rng.permutation(len(y))
    kind = y.astype(np.int64) if task == "classification" else np.zeros(len(y), np.int64)
    if groups is None:
        order = order[np.argsort(kind[order], kind="stable")]
        return [np.sort(order[start::folds]) for start in range(min(folds, len(order)))]
    place = _deal_groups(kind, min(folds, len(y)), order, groups)
    parts = (np.flatnonzero(place == fold) for fold in range(folds))
    return [part for part in parts if len(part)]


def _deal_groups(kind: Rows, folds: int, order: Rows, groups: Rows) -> Rows:
    """Return the fold of each compound, int64 (n,)."""
    _, family = np.unique(groups, return_inverse=True)
    large = np.bincount(family)[family] > len(kind) / (2 * folds)
    family = np.where(large, family.max(initial=0) + 1 + np.arange(len(kind)), family)
    by_family = np.argsort(family[order], kind="stable")  # within a family in the drawn order
    ends = np.flatnonzero(np.diff(family[order][by_family])) + 1
    dealt = sorted(np.split(by_family, ends), key=lambda ranks: (-len(ranks), ranks[0]))
    wanted = np.maximum(np.bincount(kind) / folds, 1e-9)
    filled = np.zeros((folds, len(wanted)))
    place = np.empty(len(kind), np.int64)
    for ranks in dealt:
        rows = order[ranks]
        added = np.bincount(kind[rows], minlength=len(wanted))
        fold = int(np.argmin((filled / wanted) @ (added / wanted)))
        place[rows] = fold
        filled[fold] += added
    return place
