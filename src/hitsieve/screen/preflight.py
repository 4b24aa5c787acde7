"""What a screen will take, measured on a sample of its library before anything is written.

Each worker the screen would have reads a shard, scores a part of it and writes the scores as the
screen would, all at the same time and on the machines at hand, so what they cost each other is
measured too. A shard is a uniform sample of the library, which makes the part stand for the whole.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import TYPE_CHECKING, Final

from hitsieve.engine import Limits, Task, open_executor
from hitsieve.errors import IncompleteError
from hitsieve.screen.planning import plan_screen, worker_gpus
from hitsieve.screen.probe import prober
from hitsieve.screen.sources import LibraryAndBundles
from hitsieve.store.place import place

if TYPE_CHECKING:
    from hitsieve.engine import Executor, Outcome
    from hitsieve.screen.config import ScreenConfig
    from hitsieve.screen.plan import ScreenPlan
    from hitsieve.screen.probe import Probe
    from hitsieve.screen.sources import Sources

SAMPLE_S: Final = 10.0
"""Seconds each worker scores for."""
_HOUR_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Preflight:
    """What a screen will take.

    Parameters
    ----------
    compounds, shards, files
        What it will score, and how many files it will write.
    sampled
        Compounds the estimate rests on.
    workers, executor
        How it will run.
    seconds
        Wall-clock time from the command to the end.
    core_hours, gpu_hours
        What it will occupy.
    compounds_per_second
        Rate of all workers together once they run.
    memory
        Bytes all workers need together.
    output_bytes
        Size of the screen's folder.
    cost
        At the given price for a GPU-hour, or a core-hour where no GPU is used; None without.
    reject_share
        Share of the library's records that were refused when it was built; None if unknown.
    outside_share
        Share of compounds outside of each (target, model)'s domain.
    rescored_share
        Share of compounds that the costly model of a cascade will be given; None without one.
    """

    compounds: int
    shards: int
    files: int
    sampled: int
    workers: int
    executor: str
    seconds: float
    core_hours: float
    gpu_hours: float
    compounds_per_second: float
    memory: int
    output_bytes: int
    cost: float | None
    reject_share: float | None
    outside_share: dict[tuple[str, str], float]
    rescored_share: float | None = None


def preflight(
    config: ScreenConfig,
    executor: Executor | None = None,
    *,
    sources: Sources | None = None,
    price: float | None = None,
    sample_s: float = SAMPLE_S,
) -> Preflight:
    """Estimate what a screen will take; nothing is written but a folder that goes again.

    Parameters
    ----------
    config
        The screen.
    executor
        Where it will run; opened from ``config`` if not given.
    sources
        Where library and models come from.
    price
        Of a GPU-hour where GPUs are asked for, else of a core-hour.
    sample_s
        Seconds each worker scores for.

    Raises
    ------
    IncompleteError
        If no worker could score its sample.
    HitsieveError
        Whatever library, models or cluster are refused for.
    """
    sources = sources or LibraryAndBundles()
    began = time.perf_counter()
    plan = plan_screen(config, sources)
    if executor is not None:
        return _measure(config, plan, sources, executor, began, price, sample_s)
    with open_executor(config.executor, config.workers, tasks=len(plan.units)) as opened:
        return _measure(config, plan, sources, opened, began, price, sample_s)


def _measure(
    config: ScreenConfig,
    plan: ScreenPlan,
    sources: Sources,
    executor: Executor,
    began: float,
    price: float | None,
    sample_s: float,
) -> Preflight:
    seats = min(executor.workers, len(plan.units))
    # Of a cascade a shard of its sample, which is scored wholly by both models.
    whole = sorted(plan.stages[0], key=lambda unit: unit.shard.rows)
    tasks = [Task(f"sample {seat}", whole[len(whole) // 2]) for seat in range(seats)]
    setup = partial(prober, sources, plan, str(place(config.output).resolve()), sample_s)
    limits = Limits(
        1, None, gpus=worker_gpus(config, plan), resources=config.resources, labels=config.labels
    )
    outcomes: list[Outcome[Probe]] = list(executor.map(setup, tasks, limits))
    probes = [outcome.value for outcome in outcomes if outcome.value is not None]
    if not probes:
        raise IncompleteError(
            f"no worker could score its sample: {outcomes[0].error}", cure="correct the cause"
        )
    busy = max(outcome.seconds for outcome in outcomes)
    setup_s = max(probe.setup_s for probe in probes)
    # A serial run loads and works in this process, where starting costs nothing.
    startup = max(0.0, time.perf_counter() - began - busy * len(tasks) / seats, setup_s)
    return _extrapolate(
        plan,
        probes,
        seats,
        startup,
        executor=executor.name,
        gpus=worker_gpus(config, plan),
        price=price,
        reject_share=sources.reject_share(place(plan.library)),
    )


def _extrapolate(
    plan: ScreenPlan,
    probes: list[Probe],
    seats: int,
    startup: float,
    *,
    executor: str,
    gpus: float,
    price: float | None,
    reject_share: float | None,
) -> Preflight:
    sampled = sum(probe.rows for probe in probes)
    given = _given(plan, probes)
    working, size = 0.0, 0.0
    for stage, shares in zip(plan.stages, ({}, given), strict=False):
        if stage:
            mean = sum(unit.shard.rows for unit in stage) / len(stage)
            shard_s = fmean(probe.shard_s(mean, shares) for probe in probes)
            size += len(stage) * fmean(probe.shard_bytes(mean, shares) for probe in probes)
            # The last round of shards leaves workers idle.
            working += math.ceil(len(stage) / seats) * shard_s
    hours = (startup + working) * seats / _HOUR_S
    gpu_hours = hours * gpus
    outside = {
        pair: sum(probe.outside[pair] for probe in probes) / max(1, sampled)
        for pair in probes[0].outside
    }
    return Preflight(
        compounds=plan.compounds,
        shards=len(plan.shards),
        files=sum(len(unit.outputs) for unit in plan.units),
        sampled=sampled,
        workers=seats,
        executor=executor,
        seconds=startup + working,
        core_hours=hours,
        gpu_hours=gpu_hours,
        compounds_per_second=plan.compounds / working if working else 0.0,
        memory=max(probe.memory for probe in probes) * seats,
        output_bytes=round(size),
        cost=None if price is None else price * (gpu_hours or hours),
        reject_share=reject_share,
        outside_share=outside,
        rescored_share=given.get(plan.cascade.teacher) if plan.cascade is not None else None,
    )


def _given(plan: ScreenPlan, probes: list[Probe]) -> dict[str, float]:
    """Return the share of compounds the costly model of a cascade is given behind its sample."""
    if plan.cascade is None:
        return {}
    return {plan.cascade.teacher: fmean(probe.rescored for probe in probes)}
