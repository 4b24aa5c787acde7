"""Fitting an ensemble: one task a member, wherever the executor runs it."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from hitsieve.engine.executor import Limits, Task
from hitsieve.engine.together import run_together
from hitsieve.errors import DatasetError, IncompleteError
from hitsieve.networks.model import build_network
from hitsieve.provenance import child_seed
from hitsieve.training.folds import deal
from hitsieve.training.group import Group
from hitsieve.training.loop import fit
from hitsieve.training.scaling import target_scaling
from hitsieve.training.trail import Trail

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch import Tensor

    from hitsieve.engine.executor import Executor
    from hitsieve.networks.config import NetworkConfig
    from hitsieve.networks.model import GraphNetwork
    from hitsieve.training.config import TrainingConfig
    from hitsieve.training.data import TrainingSet
    from hitsieve.training.fitted import FittedNetwork
    from hitsieve.training.scaling import Scaling

_SMALLEST_STOPPING_PART = 4
_ALONE = Group()
_NO_TRAIL = Trail()


@dataclass(frozen=True, slots=True)
class Member:
    """What one member of an ensemble does.

    Parameters
    ----------
    number
        From 0.
    seed
        Of everything random in it.
    learn, stop
        Positions in the training part: what its weights learn from, and what chooses its
        epoch. Disjoint; together the whole part.
    """

    number: int
    seed: int
    learn: np.ndarray
    stop: np.ndarray


def plan_members(
    n: int,
    config: TrainingConfig,
    seed: int,
    groups: np.ndarray | None = None,
    folds: np.ndarray | None = None,
) -> list[Member]:
    """Divide the training part among the members.

    One permutation of the part is cut into ``round(1 / holdout)`` folds of equal size; member k
    stops on fold ``k mod folds`` and learns from all others. So members differ in their
    data, not only in their first weights, and no fold stops two members as long as there
    are folds left. With groups, int64 (n,), those of one family stop the same member; folds are
    then only about equal. Where ``folds``, int64 (n,), name the fold of each, they are taken.

    Raises
    ------
    DatasetError
        If there are too few molecules for a fold to choose an epoch by.
    """
    count = max(2, round(1 / config.holdout)) if folds is None else int(folds.max()) + 1
    if n < count * _SMALLEST_STOPPING_PART:
        raise DatasetError(
            f"{n} molecules in the training part are too few: an early-stopping fold would hold "
            f"{n // count}",
            cure=f"give at least {count * _SMALLEST_STOPPING_PART}, or "
            + ("raise training.holdout" if folds is None else "lower blend.folds"),
        )
    parts: Sequence[np.ndarray] = (
        _own_folds(n, count, seed, groups)
        if folds is None
        else [np.flatnonzero(folds == number) for number in range(count)]
    )
    return [
        Member(
            number,
            child_seed(seed, "member", number),
            np.sort(np.concatenate([p for i, p in enumerate(parts) if i != number % count])),
            np.sort(parts[number % count]),
        )
        for number in range(config.members)
    ]


def _own_folds(n: int, count: int, seed: int, groups: np.ndarray | None) -> Sequence[np.ndarray]:
    rng = np.random.default_rng(child_seed(seed, "folds"))
    if groups is None:
        return np.array_split(rng.permutation(n), count)
    return deal(np.zeros((n, 1)), ["regression"], count, rng, groups)


def plan_refits(n: int, config: TrainingConfig, seed: int) -> list[Member]:
    """Return the networks that learn from all n compounds, numbered after the members."""
    return [
        Member(
            number, child_seed(seed, "member", number), np.arange(n), np.arange(0, dtype=np.int64)
        )
        for number in range(config.members, config.members + config.refit)
    ]


def fit_ensemble(
    executor: Executor,
    data: TrainingSet,
    network: NetworkConfig,
    config: TrainingConfig,
    seed: int,
    *,
    encoder: Mapping[str, Tensor] | None = None,
    progress: Callable[[int, FittedNetwork], None] | None = None,
    trail: Trail = _NO_TRAIL,
) -> list[FittedNetwork]:
    """Fit all members of an ensemble, side by side where the executor has the workers.

    All members share one scaling, that of the whole training part; so do those that learn from
    all of it (``config.refit``).

    Parameters
    ----------
    executor
        Runs the members. The result does not depend on it.
    data
        The training part. The validation part is no business of a member.
    network, config
        Settings.
    seed
        Of the folds and of all members.
    encoder
        Pretrained weights that all members' encoders start from; see :func:`fit`.
    progress
        Called with the number of each finished member and its result.
    trail
        Where curves and states of the members go; those that were interrupted go on.

    Returns
    -------
    list of FittedNetwork
        By member number; then those that learned from all compounds.

    Raises
    ------
    DatasetError
        If there is nothing to learn, or there are too few molecules.
    UsageError
        If processes shall share batches (``config.processes``) and the executor is not on Ray.
    IncompleteError
        If a member could not be fitted, with the reason.
    """
    scaling = target_scaling(data, config)
    work = functools.partial(_fit_member, data, network, config, scaling, encoder, trail)
    members = plan_members(len(data), config, seed, data.groups, data.folds)
    members += plan_refits(len(data), config, seed)
    if config.processes > 1:
        return _share_batches(executor, work, members, config, progress)
    tasks = [Task(f"member-{m.number}", m) for m in members]
    fitted: dict[str, FittedNetwork] = {}
    for outcome in executor.map(functools.partial(_given, work), tasks, Limits(attempts=2)):
        if outcome.error_type == DatasetError.__name__:
            raise DatasetError(outcome.error)
        if not outcome.ok or outcome.value is None:
            raise IncompleteError(
                f"{outcome.key} was not fitted after {outcome.attempts} attempts: {outcome.error}",
                cure="nothing was registered; run the training again",
            )
        fitted[outcome.key] = outcome.value
        if progress is not None:
            progress(int(outcome.key.rpartition("-")[2]), outcome.value)
    return [fitted[task.key] for task in tasks]


def ensemble_weights(fitted: Sequence[FittedNetwork]) -> dict[str, Tensor]:
    """Return the parameters of all members; ``<param>`` of member 0 is ``member0.<param>``."""
    return {
        f"member{number}.{name}": tensor.contiguous()
        for number, member in enumerate(fitted)
        for name, tensor in member.state.items()
    }


def rebuild(fitted: Sequence[FittedNetwork], network: NetworkConfig) -> list[GraphNetwork]:
    """Return the members as networks in evaluation mode."""
    members = []
    for member in fitted:
        model = build_network(network, len(member.mean))
        model.load_state_dict(member.state)
        members.append(model.eval())
    return members


def _given(work: Callable[[Member], FittedNetwork]) -> Callable[[Member], FittedNetwork]:
    return work


def _fit_member(
    data: TrainingSet,
    network: NetworkConfig,
    config: TrainingConfig,
    scaling: Scaling,
    encoder: Mapping[str, Tensor] | None,
    trail: Trail,
    member: Member,
    group: Group = _ALONE,
) -> FittedNetwork:
    return fit(
        network,
        config,
        data.take(member.learn),
        data.take(member.stop),
        member.seed,
        scaling=scaling,
        encoder=encoder,
        trail=replace(trail.of(f"member-{member.number}"), writes=group.rank == 0),
        group=group,
    )


def _share_batches(
    executor: Executor,
    work: Callable[[Member, Group], FittedNetwork],
    members: list[Member],
    config: TrainingConfig,
    progress: Callable[[int, FittedNetwork], None] | None,
) -> list[FittedNetwork]:
    """Fit one member after the other, each by several processes."""
    fitted = []
    for member in members:
        together = functools.partial(_in_group, work, member)
        gpus = config.device == "cuda"
        fitted.append(run_together(executor, together, config.processes, gpus=gpus))
        if progress is not None:
            progress(member.number, fitted[-1])
    return fitted


def _in_group(
    work: Callable[[Member, Group], FittedNetwork], member: Member, rank: int, size: int
) -> FittedNetwork:
    return work(member, Group(rank, size))
