"""Searching settings within a time budget, through Ray Tune.

Trials run side by side; those that lag behind others at the same number of steps are ended early
(asynchronous successive halving), so that the budget goes to settings that promise something.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

from hitsieve.errors import IncompleteError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hitsieve.engine.executor import Executor

    Report = Callable[[float], None]
    Trial = Callable[[Mapping[str, Any], Report], None]

_HALVING = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values, each as likely."""

    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class LogRange:
    """A number between two ends, its logarithm evenly spread."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Tried:
    """What a trial came to.

    Attributes
    ----------
    settings
        What was tried.
    loss
        The lowest it reported, or the last where that is what counts.
    steps
        How often it reported.
    """

    settings: dict[str, Any]
    loss: float
    steps: int


def search(
    executor: Executor,
    trial: Trial,
    space: Mapping[str, Choice | LogRange],
    *,
    seconds: float,
    steps: int,
    start: Mapping[str, Any],
    seed: int,
    last_counts: bool = False,
) -> list[Tried]:
    """Try settings until the time is over.

    Parameters
    ----------
    executor
        An open executor on Ray; as many trials run at a time as it has workers.
    trial
        Called with settings and a function that it tells its loss after each step. Picklable.
    space
        What may be chosen, by name.
    seconds
        Time for all trials together. Those under way at the end count as far as they came.
    steps
        Most steps of a trial.
    start
        Settings that are tried first, so that the search finds nothing worse.
    seed
        Of the choice. Which settings are tried is the same for a seed; how many depends on the
        machine.
    last_counts
        Whether a trial comes to the loss of its last step rather than to its lowest one, as where
        the last state is what will be used. Trials that took all steps then come first: what the
        others would have ended with is not known.

    Returns
    -------
    list of Tried
        Best first.

    Raises
    ------
    UsageError
        If the executor is not on Ray.
    IncompleteError
        If no trial got as far as a step.
    """
    require_ray(executor)
    told = _Told(trial, last_counts)
    tried, errors = _run(executor.workers, told, space, seconds, steps, start, seed)
    if not tried:
        raise IncompleteError(
            f"no settings could be judged in {seconds:.0f} s"
            + (f"; the first trial failed: {errors[0]}" if errors else ""),
            cure="give more time, or look at the error",
        )
    return sorted(tried, key=lambda one: (last_counts and one.steps < steps, one.loss))


def require_ray(executor: Executor) -> None:
    """Refuse an executor that cannot search, before any work.

    Raises
    ------
    UsageError
        If it is not on Ray.
    """
    if executor.name != "ray":
        raise UsageError(
            f"settings are searched on Ray, not on the {executor.name} executor",
            cure="choose executor ray",
        )


@dataclass(frozen=True, slots=True)
class _Told:
    """A trial that tells after each step what it comes to so far."""

    trial: Trial
    last_counts: bool

    def __call__(self, settings: Mapping[str, Any], tell: Callable[[float, int], None]) -> None:
        best, done = float("inf"), 0

        def report(loss: float) -> None:
            nonlocal best, done
            best, done = min(best, loss), done + 1
            tell(loss if self.last_counts else best, done)

        self.trial(settings, report)


def _run(
    workers: int,
    trial: _Told,
    space: Mapping[str, Choice | LogRange],
    seconds: float,
    steps: int,
    start: Mapping[str, Any],
    seed: int,
) -> tuple[list[Tried], list[str]]:
    from ray import tune
    from ray.tune.search.basic_variant import BasicVariantGenerator

    # What was tried is returned; files for viewers that may not be installed are not needed.
    os.environ.setdefault("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "1")

    def run(settings: dict[str, Any], trial: _Told) -> None:
        trial(settings, lambda loss, done: tune.report({"loss": loss, "steps": done}))

    with tempfile.TemporaryDirectory(prefix="hitsieve-search-") as folder:
        tuner = tune.Tuner(
            tune.with_resources(tune.with_parameters(run, trial=trial), {"cpu": 1}),
            param_space={name: _domain(tune, values) for name, values in space.items()},
            tune_config=tune.TuneConfig(
                metric="loss",
                mode="min",
                num_samples=-1,
                time_budget_s=seconds,
                search_alg=BasicVariantGenerator(
                    points_to_evaluate=[dict(start)], random_state=seed, max_concurrent=workers
                ),
                scheduler=_halving(steps),
            ),
            run_config=tune.RunConfig(storage_path=folder, name="search", verbose=0),
        )
        with redirect_stdout(StringIO()):  # Tune prints there, where only data belongs
            results = tuner.fit()
        tried = [
            Tried(dict(result.config or {}), float(metrics["loss"]), int(metrics["steps"]))
            for result in results
            if (metrics := result.metrics) and "loss" in metrics
        ]
        return tried, [str(error).strip().splitlines()[-1] for error in results.errors]


def _halving(steps: int) -> Any:  # noqa: ANN401 - Ray's schedulers carry no types
    from ray.tune.schedulers import ASHAScheduler

    grace = max(1, steps // _HALVING**2)
    return ASHAScheduler(
        time_attr="steps", max_t=max(steps, 1), grace_period=grace, reduction_factor=_HALVING
    )


def _domain(tune: Any, values: Choice | LogRange) -> Any:  # noqa: ANN401 - Ray's module and domains
    if isinstance(values, Choice):
        return tune.choice(list(values.values))
    return tune.loguniform(values.low, values.high)
