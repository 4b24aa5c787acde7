"""Fitting the kernel members of a blend: a Gaussian process and support vectors a target."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from hitsieve.provenance import child_seed
from hitsieve.scoring.borrow import Measured, pool, relations
from hitsieve.scoring.compared import Compared
from hitsieve.scoring.gaussian_process import GaussianProcess, extend_process, fit_process
from hitsieve.scoring.inputs import DescriptorScale
from hitsieve.scoring.kernel import KernelReference
from hitsieve.scoring.kernel_models import GaussianProcessScorer, SupportVectorScorer
from hitsieve.scoring.member_data import FittedMember
from hitsieve.scoring.platt import fit_sigmoid
from hitsieve.scoring.prepared import BLOCK, Prepared
from hitsieve.scoring.support_vectors import SupportVectors, fit_machine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.scoring.blend import BlendConfig
    from hitsieve.scoring.borrow import Pooled
    from hitsieve.scoring.inputs import Inputs
    from hitsieve.scoring.member_data import MemberData
    from hitsieve.scoring.platt import Sigmoid
    from hitsieve.scoring.protocol import Prediction

    Floats = NDArray[np.float64]
    Rows = NDArray[np.int64]


M = TypeVar("M", GaussianProcess, SupportVectors)


@dataclass(slots=True)
class _Said(Generic[M]):
    """One kind of member: its models, and what they say of compounds they have not seen.

    ``apart`` holds for each target the models that learned without one of its folds.
    """

    prediction: Prediction
    models: list[M] = field(default_factory=list)
    apart: list[list[M]] = field(default_factory=list)
    sigmoids: list[Sigmoid | None] = field(default_factory=list)


def fit_kernel_members(
    data: MemberData, folds: list[list[Rows]], config: BlendConfig, seed: int
) -> dict[str, FittedMember]:
    """Fit the kernel members.

    Of more than ``config.max_compounds`` compounds they learn from a part (see
    :func:`learned_from`). The others are left out with their folds all the same, for kin of theirs
    stand in the part: what members are worth is told by compounds that are as new to all of them.
    Values of targets that go together are learned from together (:mod:`hitsieve.scoring.borrow`).

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
    inputs = data.inputs.take(chosen)
    reference = KernelReference.of(inputs)
    process: _Said[GaussianProcess] = _Said(data.unsaid())
    machine: _Said[SupportVectors] = _Said(data.unsaid())
    known = [_known(data, chosen, column, folds[column]) for column in range(len(data.targets))]
    _scale(reference, inputs, known)
    compared = Compared(reference, inputs, config.max_compounds)
    measured = _fit_processes(data, known, compared, seed, process)
    pooled = _pool(data, measured, compared, config, seed)
    for column in range(len(data.targets)):
        _fit_target(data, column, known[column], pooled[column], compared, config, process, machine)
    if len(chosen) < len(data.inputs):
        _ask_others(data, chosen, known, reference, process, machine)
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

    All, if there are at most ``most``, or if there are several targets and each was measured on
    at most half as many: then no kernel of all need be held. Else half of the places are shared
    out among the targets, each filling its own with compounds of its rarer class, or with any
    that were measured; the other half is drawn from the rest.
    """
    n = len(data.inputs)
    largest = int((~np.isnan(data.y)).sum(axis=0).max())
    if n <= most or (len(data.targets) > 1 and largest <= most // 2):
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


@dataclass(frozen=True, slots=True)
class _Known:
    """The measurements of a target that kernel members learn from, n of them.

    ``places`` int64 (n,) are places in the training part, ``rows`` int32 (n,) in the reference,
    ``folds`` places among the n, ``beyond`` for each of these folds what else belongs to it, places
    in the training part, and ``groups`` the families of all compounds of the reference.
    """

    places: Rows
    rows: NDArray[np.int32]
    y: Floats
    folds: list[Rows]
    beyond: list[Rows]
    groups: Rows | None


def _known(data: MemberData, chosen: Rows, column: int, folds: list[Rows]) -> _Known:
    measured = np.flatnonzero(~np.isnan(data.y[:, column]))
    kept = np.isin(measured, chosen)
    place = np.cumsum(kept) - 1
    learned = [fold for fold in folds if kept[fold].any()]
    parts = [place[fold[kept[fold]]] for fold in learned]
    beyond = [measured[fold[~kept[fold]]] for fold in learned]
    rows = np.searchsorted(chosen, measured[kept]).astype(np.int32)
    groups = None if data.groups is None else data.groups[chosen]
    y = data.y[measured[kept], column]
    return _Known(measured[kept], rows, y, parts, beyond, groups)


def _scale(reference: KernelReference, inputs: Inputs, known: list[_Known]) -> None:
    """Scale descriptors for each target that was measured on less than half of the compounds."""
    scales = {
        column: DescriptorScale.fit(inputs.physchem[one.rows])
        for column, one in enumerate(known)
        if 2 * len(one.rows) < len(reference)
    }
    if scales:
        reference.scale_for(inputs.physchem, scales)


def _fit_processes(
    data: MemberData,
    known: list[_Known],
    compared: Compared,
    seed: int,
    said: _Said[GaussianProcess],
) -> list[Measured]:
    """Fit each target's process to its own measurements."""
    measured = []
    for column, one in enumerate(known):
        rng = np.random.default_rng(child_seed(seed, "process", data.targets[column]))
        components, places = compared.components(one.rows, column)
        task = data.tasks[column]
        model, told = fit_process(components, places, one.y, one.folds, rng, task)
        model = replace(model, rows=one.rows)
        said.models.append(model)
        pairs = zip(told.models, one.folds, strict=True)
        said.apart.append([replace(m, rows=np.delete(one.rows, fold)) for m, fold in pairs])
        said.prediction.mean[one.places, column] = told.mean
        std = model.class_spread_of(told.std) if task == "classification" else told.std
        said.prediction.std[one.places, column] = std
        measured.append(Measured(model, (one.y - model.shift) / model.scale))
    return measured


def _pool(
    data: MemberData,
    measured: list[Measured],
    compared: Compared,
    config: BlendConfig,
    seed: int,
) -> list[Pooled | None]:
    """Return for each target what it learns from, where others are related to it."""
    if not config.borrow or len(measured) == 1:
        return [None] * len(measured)
    taking_part = [
        one if task == "regression" else None
        for one, task in zip(measured, data.tasks, strict=True)
    ]
    relation = relations(taking_part, compared, seed)
    return [
        pool(column, taking_part, relation, compared, config.borrow)
        for column in range(len(measured))
    ]


def _fit_target(
    data: MemberData,
    column: int,
    known: _Known,
    pooled: Pooled | None,
    compared: Compared,
    config: BlendConfig,
    process: _Said[GaussianProcess],
    machine: _Said[SupportVectors],
) -> None:
    """Let a target's process learn from others too, and fit its support vectors."""
    own, n, task = process.models[column], len(known.y), data.tasks[column]
    rows, folds, y = known.rows, known.folds, known.y
    if pooled is not None:
        rows, y = pooled.rows, pooled.z * own.scale + own.shift
        folds = [pooled.left_out(fold, n, known.groups) for fold in known.folds]
        kernel = compared.weighted(own.weights, rows, column)
        model, told = extend_process(own, kernel, rows, pooled.z, pooled.related, folds)
        process.models[column], process.apart[column] = model, told.models
        process.prediction.mean[known.places, column] = told.mean[:n]
        process.prediction.std[known.places, column] = told.std[:n]
    if "support_vectors" in config.members:
        weights = own.weights / own.weights.sum()
        kernel = compared.weighted(weights, rows, column)
        ties = None
        if pooled is not None:
            kernel, ties = pooled.related.tie(kernel), pooled.related.ties
        fitted, said = fit_machine(kernel, rows, weights, y, task, folds, config.penalties, ties)
        machine.models.append(fitted)
        machine.apart.append(said.models)
        machine.prediction.mean[known.places, column] = said.mean[:n]


def _ask_others(
    data: MemberData,
    chosen: Rows,
    known: list[_Known],
    reference: KernelReference,
    process: _Said[GaussianProcess],
    machine: _Said[SupportVectors],
) -> None:
    """Ask the models without a fold for what belongs to it and was not learned from.

    Of a fold that nothing was learned from, all models know nothing: the whole one is asked.
    """
    others = np.setdiff1d(np.arange(len(data.inputs)), chosen)
    fold_of = np.full(data.y.shape, -1)
    for column, one in enumerate(known):
        for number, rows in enumerate(one.beyond):
            fold_of[rows, column] = number
    for start in range(0, len(others), BLOCK):
        rows = others[start : start + BLOCK]
        block = Prepared(data.inputs.take(rows))
        for column in range(len(data.tasks)):
            measured = ~np.isnan(data.y[rows, column])
            folds = np.where(measured, fold_of[rows, column], -2)
            for number in np.unique(folds[measured]):
                asked, seen = folds == number, reference.seen_by(column)
                similar, there = block.components(seen)[:, asked], (rows[asked], column)
                model = [*process.apart[column], process.models[column]][number]
                spread = model.std if data.tasks[column] == "regression" else model.class_spread
                process.prediction.mean[there] = model.mean(similar)
                process.prediction.std[there] = spread(similar, seen)
                if machine.models:
                    other = [*machine.apart[column], machine.models[column]][number]
                    machine.prediction.mean[there] = other.mean(similar)


def _finish(said: _Said[M], data: MemberData) -> None:
    """Turn decision values into probabilities; what has no spread of its own gets none."""
    for column, task in enumerate(data.tasks):
        rows = np.flatnonzero(~np.isnan(data.y[:, column]))
        values = said.prediction.mean[rows, column].astype(np.float64)
        sigmoid = fit_sigmoid(values, data.y[rows, column]) if task == "classification" else None
        said.sigmoids.append(sigmoid)
        if sigmoid is not None:
            said.prediction.mean[rows, column] = sigmoid(values)
        said.prediction.std[rows, column] = np.nan_to_num(said.prediction.std[rows, column])
