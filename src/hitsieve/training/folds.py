"""Folds that are left out in turn: at random, or families of compounds together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hitsieve.training.data import Task

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]


def deal(
    y: Floats,
    tasks: Sequence[Task],
    folds: int,
    rng: np.random.Generator,
    groups: Rows | None = None,
) -> list[Rows]:
    """Deal compounds into folds, the same ones for all targets and all kinds of models.

    Models that are weighed against each other must leave out the same compounds together. Two that
    left a compound out beside different ones would each know near neighbors that the other lacks,
    and seem to know more together than they will once both have learned from all.

    Without groups each compound is dealt alone, classes evenly. With groups the compounds of one
    go to the same fold, the largest first, each to the fold that lacks most of what was measured
    (of each target and class). A group of more than half a fold is dealt compound by compound: no
    division into parts leaves so large a family out either, and a fold should not hold little else.
    So is one that holds more than half of what is known of a target or class: without it next to
    nothing of that would be left to learn from.

    Parameters
    ----------
    y
        float64 (n, T): values, or classes 0 and 1; NaN where not measured.
    tasks
        Kinds of the T targets.
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
    kinds = _kinds(y, tasks)
    if groups is None and (kinds.sum(axis=1) == 1).all():  # each counts once, in one class
        kind = kinds.argmax(axis=1)
        order = order[np.argsort(kind[order], kind="stable")]
        return [np.sort(order[start::folds]) for start in range(min(folds, len(order)))]
    families = np.arange(len(y)) if groups is None else groups
    place = _deal_groups(kinds, min(folds, len(y)), order, families)
    parts = (np.flatnonzero(place == fold) for fold in range(folds))
    return [part for part in parts if len(part)]


def deal_measured(
    y: Floats, task: Task, shared: Sequence[Rows], rng: np.random.Generator, groups: Rows | None
) -> list[Rows]:
    """Return what folds of all compounds leave out of one target.

    Where they would leave nothing to learn from, or only one class, the target's compounds are
    dealt for it alone; compound by compound, where families would still do so.

    Parameters
    ----------
    y
        float64 (n,): of one target; NaN where not measured.
    task
        Its kind.
    shared
        Folds of all n compounds, of :func:`deal`.
    rng
        Draws the order where its compounds are dealt alone.
    groups
        int64 (n,) or None, as for :func:`deal`.

    Returns
    -------
    list of int64 (k,)
        Places among the measured compounds; none is empty.
    """
    rows = np.flatnonzero(~np.isnan(y))
    parts = [np.flatnonzero(np.isin(rows, fold)) for fold in shared]
    parts = [part for part in parts if len(part)]
    if _leave_enough(parts, y[rows], task):
        return parts
    if groups is not None:
        parts = deal(y[rows, None], [task], len(shared), rng, groups[rows])
        if _leave_enough(parts, y[rows], task):
            return parts
    return deal(y[rows, None], [task], len(shared), rng)


def _leave_enough(parts: list[Rows], y: Floats, task: Task) -> bool:
    """Tell whether something, and each class, is left to learn from without any of the parts."""
    least = len(np.unique(y)) if task == "classification" else 1
    return all(len(np.unique(np.delete(y, part))) >= least for part in parts)


def _kinds(y: Floats, tasks: Sequence[Task]) -> Floats:
    """Return what shall lie evenly in the folds, float64 (n, K) of 0 and 1.

    Measured values and classes of each target; with several, or gaps, compounds as such too.
    """
    columns = []
    for values, task in zip(y.T, tasks, strict=True):
        wanted = (0.0, 1.0) if task == "classification" else ()
        columns += [values == label for label in wanted] or [~np.isnan(values)]
    if y.shape[1] != 1 or np.isnan(y).any():
        columns.append(np.ones(len(y), bool))
    return np.stack(columns, axis=1).astype(np.float64)


def _deal_groups(kinds: Floats, folds: int, order: Rows, groups: Rows) -> Rows:
    """Return the fold of each compound, int64 (n,)."""
    n = len(kinds)
    _, family = np.unique(groups, return_inverse=True)
    held = np.stack([np.bincount(family, weights=kind) for kind in kinds.T], axis=1)
    most = (held > kinds.sum(axis=0) / 2).any(axis=1)  # of a target or class
    large = (most | (np.bincount(family) > n / (2 * folds)))[family]
    family = np.where(large, family.max(initial=0) + 1 + np.arange(n), family)
    by_family = np.argsort(family[order], kind="stable")  # within a family in the drawn order
    ends = np.flatnonzero(np.diff(family[order][by_family])) + 1
    dealt = sorted(np.split(by_family, ends), key=lambda ranks: (-len(ranks), ranks[0]))
    wanted = np.maximum(kinds.sum(axis=0) / folds, 1e-9)
    filled = np.zeros((folds, len(wanted)))
    place = np.empty(n, np.int64)
    for ranks in dealt:
        rows = order[ranks]
        added = kinds[rows].sum(axis=0)
        fold = int(np.argmin((filled / wanted) @ (added / wanted)))
        place[rows] = fold
        filled[fold] += added
    return place
