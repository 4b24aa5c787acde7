"""Fitting everything a model is made of to the training part: networks, members, weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from hitsieve.modeling.members import (
    TrainingPart,
    complete_labels,
    fit_fingerprint_members,
    folds_of_blend,
)
from hitsieve.modeling.start import pretrained
from hitsieve.provenance import child_seed
from hitsieve.registry.config import TargetConfig
from hitsieve.scoring.blend import BlendScorer, as_weighed
from hitsieve.scoring.gnn import GnnScorer
from hitsieve.scoring.protocol import Prediction
from hitsieve.scoring.stacking import earns, fit_stack
from hitsieve.training.data import TrainingSet
from hitsieve.training.ensemble import fit_ensemble, plan_members, rebuild
from hitsieve.training.trail import Trail

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from hitsieve.engine.executor import Executor
    from hitsieve.modeling.config import Recipe
    from hitsieve.modeling.labels import TargetFacts
    from hitsieve.scoring.bounded import Completed
    from hitsieve.scoring.fit_members import FittedMember
    from hitsieve.scoring.stacking import Stack
    from hitsieve.training.data import Task
    from hitsieve.training.ensemble import Member
    from hitsieve.training.fitted import FittedNetwork

    Progress = Callable[[int, int], None]

__all__ = [
    "FittedModel",
    "TrainingPart",
    "blend",
    "fit_fingerprint_members",
    "fit_model",
    "needs_inputs",
]

_NO_TRAIL = Trail()


@dataclass(frozen=True, slots=True)
class FittedModel:
    """A fitted model, ready to score, with what it is made of.

    Parameters
    ----------
    scorer
        The networks alone, or the blend.
    networks
        Those that score.
    members
        Those that left compounds out, each its own; the same where none were fitted to all.
    plan
        What each of them learned from, and which compounds it left out.
    targets
        Names, tasks and scales.
    left_out
        By kind: what each member says of the n training compounds when it has not seen them; NaN
        where there is nothing. Empty where networks stand alone.
    completed
        The labels of models that know no bounds: of the fingerprint members, and of the baseline.
    groups
        int64 (n,): compounds of one family were left out together; each alone if None.
    """

    scorer: GnnScorer | BlendScorer
    networks: list[FittedNetwork]
    members: list[FittedNetwork]
    plan: tuple[Member, ...]
    targets: tuple[TargetConfig, ...]
    left_out: dict[str, Prediction]
    completed: Completed
    groups: np.ndarray | None


def needs_inputs(recipe: Recipe) -> bool:
    """Tell whether anything in a recipe reads fingerprints and descriptors."""
    return bool(recipe.blend.members) or recipe.network.side_hidden > 0


def fit_model(
    part: TrainingPart,
    recipe: Recipe,
    executor: Executor,
    seed: int,
    progress: Progress,
    trail: Trail = _NO_TRAIL,
) -> FittedModel:
    """Fit networks and members, and weigh them by what they say of left-out compounds.

    A network left the compounds out on which it stopped; where several did, their mean counts. All
    members leave out the same compounds together (:func:`hitsieve.training.folds.deal`).
    Where the recipe refits networks to all compounds, they score in place of those.
    Where no network left a compound out, it does not weigh. Bounds are completed first, and weigh
    nobody.

    Parameters
    ----------
    part
        The training part; nothing else is seen.
    recipe
        How.
    executor
        Runs the members of the ensemble.
    seed
        Of everything random.
    progress
        Called with fitted networks and how many there will be.
    trail
        Where networks leave curves and states, and go on from.

    Raises
    ------
    DatasetError
        If there is too little to learn from, or to complete bounds by.
    """
    completed = complete_labels(part, recipe, seed)
    y, relation = completed.beside(part.y, part.relation)
    data = TrainingSet(
        part.batch.graphs,
        y.astype(np.float32),
        relation.astype(np.int8),
        tuple(facts.task for facts in part.facts),
        part.inputs.side() if part.inputs is not None and recipe.network.side_hidden else None,
        part.groups,
        folds_of_blend(part, recipe, seed, completed),
    )
    chosen = child_seed(seed, "ensemble")
    fitted = _fit_networks(data, recipe, executor, chosen, progress, trail)
    count = recipe.training.members
    judges, networks = fitted[:count], fitted[count:] or fitted
    targets = _target_configs(part.facts, networks[0])
    ensemble = GnnScorer(rebuild(networks, recipe.network), targets)
    plan = tuple(plan_members(len(data), recipe.training, chosen, part.groups, data.folds))
    if not recipe.blend.members or part.inputs is None:
        return FittedModel(ensemble, networks, judges, plan, targets, {}, completed, part.groups)
    members = fit_fingerprint_members(part, recipe, seed, completed)
    asked = GnnScorer(rebuild(judges, recipe.network), targets)
    left_out = {"network": _left_out(asked, part, plan)}
    left_out |= {kind: member.left_out for kind, member in members.items()}
    scorer = blend(ensemble, members, left_out, part)
    return FittedModel(scorer, networks, judges, plan, targets, left_out, completed, part.groups)


def blend(
    ensemble: GnnScorer | None,
    members: dict[str, FittedMember],
    left_out: dict[str, Prediction],
    part: TrainingPart,
) -> BlendScorer:
    """Weigh members by what they say of left-out compounds; without networks if None."""
    scorers = {kind: member.scorer for kind, member in members.items()}
    own = {} if ensemble is None else {"network": ensemble}
    kinds = [*own, *scorers]
    said, spreads = (
        np.stack([getattr(left_out[kind], name) for kind in kinds], axis=2).astype(np.float64)
        for name in ("mean", "std")
    )
    # A bound is no value to weigh members by.
    y = np.where(part.relation == 0, part.y, np.nan).astype(np.float64)
    stacks = [
        _stack(said[:, column], spreads[:, column], kinds, y[:, column], facts.task, part.groups)
        for column, facts in enumerate(part.facts)
    ]
    return BlendScorer({**own, **scorers}, stacks)


def _stack(
    said: NDArray[np.float64],
    spreads: NDArray[np.float64],
    kinds: list[str],
    y: NDArray[np.float64],
    task: Task,
    groups: NDArray[np.int64] | None,
) -> Stack:
    """Weigh what members say of one target: (n, M) values and spreads.

    Networks weigh nothing where they do not earn their place: they cost the most time.
    """
    typical = np.nan
    if "gaussian_process" in kinds:
        own = spreads[:, kinds.index("gaussian_process")]
        known = np.isfinite(said).all(axis=1) & np.isfinite(y) & (own > 0)
        typical = float(np.sqrt(np.mean(own[known] ** 2))) if known.any() else np.nan
    together = as_weighed(said, spreads, kinds, task, typical)
    place = kinds.index("network") if "network" in kinds and len(kinds) > 1 else None
    if place is None or earns(together, y, task, place, groups):
        return replace(fit_stack(together, y, task), typical=typical)
    others = fit_stack(np.delete(together, place, axis=1), y, task)
    return replace(others, weights=np.insert(others.weights, place, 0.0), typical=typical)


def _fit_networks(
    data: TrainingSet,
    recipe: Recipe,
    executor: Executor,
    seed: int,
    progress: Progress,
    trail: Trail,
) -> list[FittedNetwork]:
    count, done = recipe.training.members + recipe.training.refit, 0

    def finished(_number: int, _fitted: FittedNetwork) -> None:
        nonlocal done
        done += 1
        progress(done, count)

    progress(0, count)
    encoder = pretrained(recipe)
    return fit_ensemble(
        executor,
        data,
        recipe.network,
        recipe.training,
        seed,
        encoder=None if encoder is None else encoder.state,
        progress=finished,
        trail=trail,
    )


def _left_out(ensemble: GnnScorer, part: TrainingPart, plan: Sequence[Member]) -> Prediction:
    values = ensemble.member_values(part.batch, part.inputs).astype(np.float64)
    total, count = np.zeros(part.y.shape), np.zeros((len(part.y), 1))
    for member in plan:
        total[member.stop] += values[member.number, member.stop]
        count[member.stop] += 1
    said = np.full(part.y.shape, np.nan)
    np.divide(total, count, out=said, where=count > 0)
    return Prediction(said.astype(np.float32), np.zeros(said.shape, np.float32))


def _target_configs(
    facts: tuple[TargetFacts, ...], fitted: FittedNetwork
) -> tuple[TargetConfig, ...]:
    return tuple(
        TargetConfig(
            name=fact.name,
            endpoint=fact.endpoint,
            unit=fact.unit,
            direction=fact.direction,
            task=fact.task,
            mean=float(mean),
            std=float(std),
        )
        for fact, mean, std in zip(facts, fitted.mean, fitted.std, strict=True)
    )
