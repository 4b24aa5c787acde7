"""Fitting the kernel members of a blend: a Gaussian process and support vectors a target."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from hitsieve.provenance import child_seed
from hitsieve.scoring.gaussian_process import GaussianProcess, fit_process, weighted_own
from hitsieve.scoring.kernel import KernelReference
from hitsieve.scoring.kernel_models import GaussianProcessScorer, SupportVectorScorer
from hitsieve.scoring.member_data import FittedMember
from hitsieve.scoring.platt import fit_sigmoid
from hitsieve.scoring.prepared import BLOCK
from hitsieve.scoring.support_vectors import SupportVectors, fit_machine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.scoring.blend import BlendConfig
    from hitsieve.scoring.member_data import MemberData
    from hitsieve.scoring.platt import Sigmoid
    from hitsieve.scoring.protocol import Prediction

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]


M = TypeVar("M", GaussianProcess, SupportVectors)


@dataclass(slots=True)
class _Said(Generic[M]):
    """One kind of member: its models, and what they say of compounds they have not seen."""

    prediction: Prediction
    models: list[M] = field(default_factory=list)
    sigmoids: list[Sigmoid | None] = field(default_factory=list)


def fit_kernel_members(
    data: MemberData, folds: list[list[Rows]], config: BlendConfig, seed: int
) -> dict[str, FittedMember]:
    """Fit the kernel members.

    Of more than ``config.max_compounds`` compounds they learn from a part (see
    :func:`learned_from`); the others are left out already, and the fitted model is asked for them.

    Parameters
    ----------
    data
        The training part.
    folds
        For each target: places among its measured compounds, each in one fold.
    config
        Which members, and their settings.
    seed
        Of the part that is learned from, and of samples.
    """
    chosen = learned_from(data, config.max_compounds, child_seed(seed, "learned from"))
    reference = KernelReference.of(data.inputs.take(chosen))
    process: _Said[GaussianProcess] = _Said(data.unsaid())
    machine: _Said[SupportVectors] = _Said(data.unsaid())
    _fit_targets(data, chosen, reference.own(), folds, config, seed, process, machine)
    if len(chosen) < len(data.inputs):
        _ask_others(data, chosen, reference, process, machine)
    found: dict[str, FittedMember] = {}
    if "gaussian_process" in config.members:
        _finish(process, data)
        models = process.models, process.sigmoids
        scorer = GaussianProcessScorer(reference, *models, data.targets)
        found[scorer.kind] = FittedMember(scorer, process.prediction)
    if "support_vectors" in config.members:
        _finish(machine, data)
        fitted = machine.models, machine.sigmoids
        other = SupportVectorScorer(reference, *fitted, data.targets)
        found[other.kind] = FittedMember(other, machine.prediction)
    return found


def learned_from(data: MemberData, most: int, seed: int) -> Rows:
    """Return the compounds that kernel members learn from: int64, ascending.

    All, if there are at most ``most``. Else half of the places are shared out among the targets,
    each filling its own with compounds of its rarer class, or with any that were measured; the
    other half is drawn from the rest.
    """
    n = len(data.inputs)
    if n <= most:
        return np.arange(n)
    rng = np.random.default_rng(seed)
    share = max(1, most // (2 * len(data.targets)))
    first = np.zeros(n, bool)
    for column, task in enumerate(data.tasks):
        labels = data.y[:, column]
        wanted = ~np.isnan(labels)
        if task == "classification":
            ones, zeros = labels == 1, labels == 0
            wanted = ones if ones.sum() <= zeros.sum() else zeros
        first[rng.permutation(np.flatnonzero(wanted))[:share]] = True
    rest = rng.permutation(np.flatnonzero(~first))[: max(0, most - int(first.sum()))]
    return np.sort(np.concatenate([np.flatnonzero(first), rest]))


def _fit_targets(
    data: MemberData,
    chosen: Rows,
    own: NDArray[np.float32],
    folds: list[list[Rows]],
    config: BlendConfig,
    seed: int,
    process: _Said[GaussianProcess],
    machine: _Said[SupportVectors],
) -> None:
    known = ~np.isnan(data.y)
    for column, (target, task) in enumerate(zip(data.targets, data.tasks, strict=True)):
        measured = np.flatnonzero(known[:, column])
        kept = np.isin(measured, chosen)
        place = np.cumsum(kept) - 1
        parts = [place[fold[kept[fold]]] for fold in folds[column]]
        parts = [part for part in parts if len(part)]
        rows = np.searchsorted(chosen, measured[kept]).astype(np.int32)
        y = data.y[measured[kept], column]
        rng = np.random.default_rng(child_seed(seed, "process", target))
        model, mean, std = fit_process(own, rows, y, parts, rng)
        process.models.append(model)
        process.prediction.mean[measured[kept], column] = mean
        process.prediction.std[measured[kept], column] = std
        if "support_vectors" in config.members:
            weights = model.weights / model.weights.sum()
            kernel = weighted_own(own, weights, rows)
            fitted, mean = fit_machine(kernel, rows, weights, y, task, parts, config.penalties)
            machine.models.append(fitted)
            machine.prediction.mean[measured[kept], column] = mean


def _ask_others(
    data: MemberData,
    chosen: Rows,
    reference: KernelReference,
    process: _Said[GaussianProcess],
    machine: _Said[SupportVectors],
) -> None:
    others = np.setdiff1d(np.arange(len(data.inputs)), chosen)
    known = ~np.isnan(data.y)
    for start in range(0, len(others), BLOCK):
        rows = others[start : start + BLOCK]
        components = reference.components(data.inputs.take(rows))
        for column, task in enumerate(data.tasks):
            asked = known[rows, column]
            there, similar = (rows[asked], column), components[:, asked]
            model = process.models[column]
            process.prediction.mean[there] = model.mean(similar)
            if task == "regression":
                process.prediction.std[there] = model.std(similar, reference)
            if machine.models:
                machine.prediction.mean[there] = machine.models[column].mean(similar)


def _finish(said: _Said[M], data: MemberData) -> None:
    """Turn decision values into probabilities; what has no spread of its own gets none."""
    for column, task in enumerate(data.tasks):
        rows = np.flatnonzero(~np.isnan(data.y[:, column]))
        values = said.prediction.mean[rows, column].astype(np.float64)
        sigmoid = fit_sigmoid(values, data.y[rows, column]) if task == "classification" else None
        said.sigmoids.append(sigmoid)
        if sigmoid is not None:
            said.prediction.mean[rows, column] = sigmoid(values)
            said.prediction.std[rows, column] = 0.0
        said.prediction.std[rows, column] = np.nan_to_num(said.prediction.std[rows, column])
