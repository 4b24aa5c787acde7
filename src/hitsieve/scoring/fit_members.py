"""Fitting the fingerprint members of a blend, with what each says of left-out compounds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hitsieve.chem.counts import TREE_COLUMNS
from hitsieve.provenance import child_seed
from hitsieve.scoring.blend import KERNEL_KINDS
from hitsieve.scoring.extra_trees import ExtraTreesScorer, tree_table
from hitsieve.scoring.fit_kernels import fit_kernel_members
from hitsieve.scoring.inputs import DescriptorScale
from hitsieve.scoring.member_data import FittedMember, MemberData
from hitsieve.scoring.trees import fit_forest, join_forests
from hitsieve.training.folds import deal, deal_measured

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.scoring.blend import BlendConfig
    from hitsieve.scoring.trees import Forest, ForestConfig, Task

__all__ = ["FittedMember", "MemberData", "fit_members", "shared_folds"]


def fit_members(data: MemberData, config: BlendConfig, seed: int) -> dict[str, FittedMember]:
    """Fit all fingerprint members of a blend.

    Equal seeds give equal members on the same machine. Each target learns from its own measured
    compounds; kernel members from at most ``config.max_compounds`` in all.

    Parameters
    ----------
    data
        The training part.
    config
        Which members, and their settings.
    seed
        Of the folds, the samples and the trees.

    Returns
    -------
    dict
        By kind, in the order of the configuration.
    """
    kinds = config.members
    shared = shared_folds(data, config, seed)
    folds = [_folds(data, column, shared, seed) for column in range(len(data.targets))]
    found: dict[str, FittedMember] = {}
    if set(KERNEL_KINDS) & set(kinds):
        found |= fit_kernel_members(data, folds, config, seed)
    if "extra_trees" in kinds:
        found["extra_trees"] = _extra_trees(data, folds, config, seed)
    return {kind: found[kind] for kind in kinds}


def shared_folds(data: MemberData, config: BlendConfig, seed: int) -> list[NDArray[np.int64]]:
    """Deal all compounds into the folds that each member of a blend leaves out in turn.

    Arguments as for :func:`fit_members`.
    """
    rng = np.random.default_rng(child_seed(seed, "blend folds", *data.targets))
    return deal(data.y, data.tasks, config.folds, rng, data.groups)


def _folds(
    data: MemberData, column: int, shared: list[NDArray[np.int64]], seed: int
) -> list[NDArray[np.int64]]:
    """Return what the folds leave out of a target, places among its measured compounds."""
    rng = np.random.default_rng(child_seed(seed, "folds of one", data.targets[column]))
    return deal_measured(data.y[:, column], data.tasks[column], shared, rng, data.groups)


def _extra_trees(
    data: MemberData, folds: list[list[NDArray[np.int64]]], config: BlendConfig, seed: int
) -> FittedMember:
    """Grow trees on all compounds, and a share of as many without each fold to speak of it."""
    scale = DescriptorScale.fit(data.inputs.physchem)
    table = tree_table(data.inputs, scale)
    said = data.unsaid()
    forests = []
    for column, (target, task) in enumerate(zip(data.targets, data.tasks, strict=True)):
        rows = np.flatnonzero(~np.isnan(data.y[:, column]))
        share = -(-config.trees.trees // len(folds[column]))
        plain = config.plain_trees if task == "classification" else 0.0
        settings = config.trees.model_copy(update={"trees": share})
        for number, fold in enumerate(folds[column]):
            kept = np.delete(rows, fold)
            chosen = child_seed(seed, "extra trees", target, number)
            grown = _grow(table[kept], data.y[kept, column], task, chosen, settings, plain)
            values = grown.tree_values(table[rows[fold]])
            said.mean[rows[fold], column] = values.mean(axis=1)
            said.std[rows[fold], column] = values.std(axis=1)
        chosen, y = child_seed(seed, "extra trees", target), data.y[rows, column]
        forests.append(_grow(table[rows], y, task, chosen, config.trees, plain))
    return FittedMember(ExtraTreesScorer(scale, forests, data.targets), said)


def _grow(
    table: NDArray[np.float32],
    y: NDArray[np.float64],
    task: Task,
    seed: int,
    config: ForestConfig,
    plain: float,
) -> Forest:
    """Grow extra trees, a share of which see no circular counts.

    Those are many and say much of what is like, little of new scaffolds: trees without them are
    worse beside known compounds, better far from them, and their mean is better than either.
    """
    few = round(config.trees * plain)
    grown = []
    if few < config.trees:
        settings = config.model_copy(update={"trees": config.trees - few})
        grown.append(fit_forest(table, y, task, seed, settings, extra=True))
    if few:
        settings = config.model_copy(update={"trees": few, "class_features": None})
        others = np.ascontiguousarray(table[:, TREE_COLUMNS:])
        forest = fit_forest(others, y, task, child_seed(seed, "plain"), settings, extra=True)
        grown.append(replace(forest, feature=forest.feature + np.int32(TREE_COLUMNS)))
    return join_forests(grown)
