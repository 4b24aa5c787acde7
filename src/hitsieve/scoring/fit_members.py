"""Fitting the fingerprint members of a blend, with what each says of left-out compounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hitsieve.provenance import child_seed
from hitsieve.scoring.extra_trees import ExtraTreesScorer, tree_table
from hitsieve.scoring.gaussian_process import fit_process, weighted
from hitsieve.scoring.inputs import DescriptorScale
from hitsieve.scoring.kernel import KernelReference
from hitsieve.scoring.kernel_models import GaussianProcessScorer, SupportVectorScorer
from hitsieve.scoring.platt import fit_sigmoid
from hitsieve.scoring.protocol import Prediction
from hitsieve.scoring.support_vectors import fit_machine
from hitsieve.scoring.trees import fit_forest, join_forests

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hitsieve.scoring.blend import BlendConfig
    from hitsieve.scoring.gaussian_process import GaussianProcess
    from hitsieve.scoring.inputs import Inputs
    from hitsieve.scoring.platt import Sigmoid
    from hitsieve.scoring.prepared import FingerprintMember
    from hitsieve.scoring.support_vectors import SupportVectors
    from hitsieve.scoring.trees import Forest, Task

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FittedMember:
    """A member and its word on compounds it had not seen.

    Attributes
    ----------
    scorer
        Fitted to all training compounds.
    left_out
        Predictions of the n training compounds when their fold is left out; NaN where not
        measured.
    """

    scorer: FingerprintMember
    left_out: Prediction


@dataclass(frozen=True, slots=True)
class MemberData:
    """Training compounds with their labels.

    Attributes
    ----------
    inputs
        Of n compounds.
    y
        float64 (n, T): values, or 0 and 1; NaN where not measured.
    targets, tasks
        Name and task of each column.
    """

    inputs: Inputs
    y: Floats
    targets: tuple[str, ...]
    tasks: tuple[Task, ...]


def fit_members(data: MemberData, config: BlendConfig, seed: int) -> dict[str, FittedMember]:
    """Fit all fingerprint members of a blend.

    Equal seeds give equal members on the same machine. Each target learns from its own measured
    compounds. Kernel members are left out above ``config.max_compounds``.

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
    kinds = config.kinds_for(len(data.inputs))
    folds = [_folds(data, column, config.folds, seed) for column in range(len(data.targets))]
    found: dict[str, FittedMember] = {}
    if {"gaussian_process", "support_vectors"} & set(kinds):
        found |= _kernel_members(data, folds, config, seed)
    if "extra_trees" in kinds:
        found["extra_trees"] = _extra_trees(data, folds, config, seed)
    return {kind: found[kind] for kind in kinds}


def _folds(data: MemberData, column: int, folds: int, seed: int) -> list[NDArray[np.int64]]:
    """Deal a target's measured compounds into folds; classes are dealt evenly."""
    y = data.y[:, column]
    measured = y[~np.isnan(y)]
    rng = np.random.default_rng(child_seed(seed, "blend folds", data.targets[column]))
    order = rng.permutation(len(measured))
    if data.tasks[column] == "classification":
        order = order[np.argsort(measured[order], kind="stable")]
    return [np.sort(order[start::folds]) for start in range(min(folds, len(order)))]


def _kernel_members(
    data: MemberData, folds: list[list[NDArray[np.int64]]], config: BlendConfig, seed: int
) -> dict[str, FittedMember]:
    reference = KernelReference.of(data.inputs)
    own = reference.own()
    processes: list[GaussianProcess] = []
    machines: list[SupportVectors] = []
    sigmoids: tuple[list[Sigmoid | None], list[Sigmoid | None]] = ([], [])
    said = [_unsaid(data), _unsaid(data)]
    for column, (target, task) in enumerate(zip(data.targets, data.tasks, strict=True)):
        rows = np.flatnonzero(~np.isnan(data.y[:, column])).astype(np.int32)
        y = data.y[rows, column]
        rng = np.random.default_rng(child_seed(seed, "process", target))
        process, mean, std = fit_process(own, rows, y, folds[column], rng)
        processes.append(process)
        said[0].mean[rows, column] = _finish(mean, y, task, sigmoids[0])
        said[0].std[rows, column] = std if task == "regression" else 0.0
        if "support_vectors" in config.members:
            weights = process.weights / process.weights.sum()
            kernel = weighted(own[:, rows], weights, rows)
            machine, mean = fit_machine(
                kernel, rows, weights, y, task, folds[column], config.penalties
            )
            machines.append(machine)
            said[1].mean[rows, column] = _finish(mean, y, task, sigmoids[1])
            said[1].std[rows, column] = 0.0
    found = {
        "gaussian_process": FittedMember(
            GaussianProcessScorer(reference, processes, sigmoids[0], data.targets), said[0]
        )
    }
    if "support_vectors" in config.members:
        scorer = SupportVectorScorer(reference, machines, sigmoids[1], data.targets)
        found["support_vectors"] = FittedMember(scorer, said[1])
    return found


def _unsaid(data: MemberData) -> Prediction:
    return Prediction(*(np.full(data.y.shape, np.nan, np.float32) for _ in range(2)))


def _finish(said: Floats, y: Floats, task: Task, sigmoids: list[Sigmoid | None]) -> Floats:
    sigmoid = fit_sigmoid(said, y) if task == "classification" else None
    sigmoids.append(sigmoid)
    return said if sigmoid is None else sigmoid(said)


def _extra_trees(
    data: MemberData, folds: list[list[NDArray[np.int64]]], config: BlendConfig, seed: int
) -> FittedMember:
    """Grow a share of the trees without each fold: together they have seen all compounds."""
    scale = DescriptorScale.fit(data.inputs.physchem)
    table = tree_table(data.inputs, scale)
    said = _unsaid(data)
    forests = []
    for column, (target, task) in enumerate(zip(data.targets, data.tasks, strict=True)):
        rows = np.flatnonzero(~np.isnan(data.y[:, column]))
        share = -(-config.trees.trees // len(folds[column]))
        settings = config.trees.model_copy(update={"trees": share})
        grown: list[Forest] = []
        for number, fold in enumerate(folds[column]):
            kept = np.delete(rows, fold)
            chosen = child_seed(seed, "extra trees", target, number)
            grown.append(
                fit_forest(table[kept], data.y[kept, column], task, chosen, settings, extra=True)
            )
            values = grown[-1].tree_values(table[rows[fold]])
            said.mean[rows[fold], column] = values.mean(axis=1)
            said.std[rows[fold], column] = values.std(axis=1)
        forests.append(join_forests(grown))
    return FittedMember(ExtraTreesScorer(scale, forests, data.targets), said)


def names_of(members: Sequence[str]) -> str:
    """Return the kinds of a blend in words, for a card."""
    words = {
        "network": "graph networks",
        "gaussian_process": "a Gaussian process",
        "support_vectors": "support vectors",
        "extra_trees": "extra trees",
    }
    return ", ".join(words[kind] for kind in members)
