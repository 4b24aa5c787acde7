"""The contract every executor keeps, as tests to inherit.

A test module inherits the class and provides the fixture ``executor``::

    class TestMyExecutor(IsolatedExecutorContract):
        @pytest.fixture
        def executor(self): ...

What is run stands in :mod:`hitsieve.testing.executor_work`.
"""

from __future__ import annotations

import os
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from hitsieve.engine import Executor, Limits, Task
from hitsieve.engine.executor import DEADLINE_EXCEEDED, WORKER_LOST
from hitsieve.errors import ClusterError, HitsieveError, InputError
from hitsieve.testing.executor_work import (
    counted_setup,
    double,
    dying,
    dying_setup,
    exiting,
    failing,
    flaky,
    hanging,
    identity,
    refused_setup,
    refusing,
    unpicklable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hitsieve.engine import Outcome


def expect(condition: object, message: str) -> None:
    """Fail a contract with a message; unlike ``assert`` this also works under ``-O``."""
    if not condition:
        raise AssertionError(message)


def tasks(count: int) -> list[Task[int]]:
    """Return tasks with payloads 0, 1, ... and keys ``t0``, ``t1``, ..."""
    return [Task(f"t{i}", i) for i in range(count)]


def by_key(outcomes: Iterator[Outcome[Any]]) -> dict[str, Outcome[Any]]:
    """Collect outcomes by key; each key must come once."""
    found = list(outcomes)
    counts = Counter(outcome.key for outcome in found)
    expect(set(counts.values()) <= {1}, f"keys came more than once: {counts}")
    return {outcome.key: outcome for outcome in found}


class ExecutorContract:
    """What holds for every executor."""

    def test_every_task_has_one_outcome(self, executor: Executor) -> None:
        """Results are complete, whatever their order."""
        found = by_key(executor.map(double, tasks(20)))
        values = {key: outcome.value for key, outcome in found.items()}
        expect(values == {f"t{i}": 2 * i for i in range(20)}, f"values differ: {values}")
        expect(all(o.ok and o.attempts == 1 and o.seconds >= 0 for o in found.values()), "clean")

    def test_no_task_needs_no_setup(self, executor: Executor, tmp_path: Path) -> None:
        """An empty input is no error and loads no model."""
        found = list(executor.map(partial(counted_setup, tmp_path), []))
        expect(found == [], f"outcomes from nothing: {found}")
        expect(list(tmp_path.iterdir()) == [], "setup was called for nothing")

    def test_tasks_are_taken_lazily(self, executor: Executor) -> None:
        """A library of any size is never held as a list of tasks."""
        pulled = 0

        def stream() -> Iterator[Task[int]]:
            nonlocal pulled
            for task in tasks(40):
                pulled += 1
                yield task

        ahead = 0
        for given, _ in enumerate(executor.map(double, stream(), Limits(max_in_flight=2)), 1):
            ahead = max(ahead, pulled - given)
        expect(pulled == 40, f"{pulled} of 40 tasks were taken")  # noqa: PLR2004 - as streamed
        expect(ahead <= 4, f"{ahead} tasks were taken ahead of the results")  # noqa: PLR2004 - 2 under way, 2 finished

    def test_setup_runs_once_a_worker(self, executor: Executor, tmp_path: Path) -> None:
        """A model is loaded once in each process."""
        by_key(executor.map(partial(counted_setup, tmp_path), tasks(12)))
        processes = [path.name.split("-")[0] for path in tmp_path.iterdir()]
        expect(1 <= len(processes) <= executor.workers, f"set up in {processes}")
        expect(len(set(processes)) == len(processes), f"set up twice in one of {processes}")

    def test_flaky_work_is_tried_again(self, executor: Executor, tmp_path: Path) -> None:
        """A glitch costs an attempt, not the run."""
        found = by_key(executor.map(partial(flaky, tmp_path, 2), tasks(3), Limits(attempts=3)))
        expect(all(o.ok for o in found.values()), f"given up: {found}")
        expect({o.attempts for o in found.values()} == {3}, f"attempts: {found}")

    def test_attempts_are_bounded(self, executor: Executor, tmp_path: Path) -> None:
        """What fails every time is reported with type and message; others are untouched."""
        found = by_key(executor.map(partial(failing, tmp_path), tasks(6), Limits(attempts=2)))
        bad = found.pop("t3")
        expect(all(o.ok for o in found.values()), f"neighbors failed: {found}")
        expect(bad.error_type == "ZeroDivisionError", f"type {bad.error_type!r}")
        expect("division" in bad.error or "modulo" in bad.error, f"message {bad.error!r}")
        expect(bad.value is None and bad.attempts == 2, f"{bad}")  # noqa: PLR2004 - as limited
        expect(len(list(tmp_path.glob("3-*"))) == 2, "called more often than allowed")  # noqa: PLR2004 - as limited

    def test_errors_on_purpose_are_final(self, executor: Executor) -> None:
        """A refusal would only be repeated."""
        found = by_key(executor.map(refusing, tasks(5), Limits(attempts=5)))
        bad = found.pop("t3")
        expect(all(o.ok for o in found.values()), f"neighbors failed: {found}")
        expect((bad.error_type, bad.attempts) == ("InputError", 1), f"{bad}")
        expect("three is refused" in bad.error and "take four" in bad.error, f"{bad.error!r}")

    def test_a_failing_setup_is_raised(self, executor: Executor) -> None:
        """Without its setup no task can run: the caller gets the very error."""
        try:
            list(executor.map(refused_setup, tasks(3)))
        except HitsieveError as error:
            expect(isinstance(error, InputError), f"raised {type(error).__name__}")
            expect(error.cure == "name another", f"cure lost: {error!r}")
        else:
            raise AssertionError("the setup's error was swallowed")

    def test_large_payloads_and_results_travel(self, executor: Executor) -> None:
        """A shard's worth of bytes comes back as it went."""
        payload = os.urandom(8 << 20)
        found = by_key(executor.map(identity, [Task("big", payload)]))
        expect(found["big"].value == payload, "bytes changed")

    def test_none_is_a_value(self, executor: Executor) -> None:
        """Work may return nothing and still succeed."""
        found = by_key(executor.map(identity, [Task("none", None)]))
        expect(found["none"].ok and found["none"].value is None, f"{found}")

    def test_stopping_early_leaves_it_usable(self, executor: Executor) -> None:
        """Closing the iterator ends the work; the executor takes the next one."""
        outcomes = executor.map(double, tasks(50))
        next(outcomes)
        outcomes.close()  # type: ignore[attr-defined] # maps are generators
        found = by_key(executor.map(double, tasks(4)))
        expect(len(found) == 4, f"{found}")  # noqa: PLR2004 - as given


class IsolatedExecutorContract(ExecutorContract):
    """What holds further for executors whose workers are processes of their own."""

    def test_a_dead_worker_is_replaced(self, executor: Executor, tmp_path: Path) -> None:
        """A crash costs an attempt; the task goes to another worker."""
        found = by_key(executor.map(partial(dying, tmp_path, 1), tasks(8), Limits(attempts=2)))
        expect(all(o.ok for o in found.values()), f"lost: {found}")
        expect(found["t3"].attempts == 2, f"{found['t3']}")  # noqa: PLR2004 - one death

    def test_a_deadly_task_is_reported(self, executor: Executor, tmp_path: Path) -> None:
        """What kills every worker is given up, and all others still finish."""
        found = by_key(executor.map(partial(dying, tmp_path, 99), tasks(8), Limits(attempts=2)))
        bad = found.pop("t3")
        expect(all(o.ok for o in found.values()), f"neighbors failed: {found}")
        expect((bad.error_type, bad.attempts) == (WORKER_LOST, 2), f"{bad}")
        expect(bad.error, "no reason was given")
        expect(len(list(tmp_path.glob("3-*"))) == 2, "started more often than allowed")  # noqa: PLR2004 - as limited

    def test_a_hung_task_is_killed_and_tried_again(
        self, executor: Executor, tmp_path: Path
    ) -> None:
        """A deadline frees the worker."""
        limits = Limits(attempts=2, deadline_s=2.0)
        found = by_key(executor.map(partial(hanging, tmp_path, 1), tasks(6), limits))
        expect(all(o.ok for o in found.values()), f"lost: {found}")
        expect(found["t3"].attempts == 2, f"{found['t3']}")  # noqa: PLR2004 - one hang

    def test_a_task_that_always_hangs_is_reported(self, executor: Executor, tmp_path: Path) -> None:
        """It is given up, and all others still finish."""
        limits = Limits(attempts=2, deadline_s=1.0)
        found = by_key(executor.map(partial(hanging, tmp_path, 99), tasks(6), limits))
        bad = found.pop("t3")
        expect(all(o.ok for o in found.values()), f"neighbors failed: {found}")
        expect((bad.error_type, bad.attempts) == (DEADLINE_EXCEEDED, 2), f"{bad}")

    def test_a_result_that_cannot_travel_is_an_error(self, executor: Executor) -> None:
        """The task is reported and the worker goes on."""
        found = by_key(executor.map(unpicklable, tasks(6), Limits(attempts=1)))
        bad = found.pop("t3")
        expect(not bad.ok and bad.error, f"{bad}")
        expect(all(o.ok for o in found.values()), f"neighbors failed: {found}")

    def test_exit_is_no_way_out(self, executor: Executor) -> None:
        """``sys.exit`` in the work is an error like others."""
        found = by_key(executor.map(exiting, tasks(6), Limits(attempts=1)))
        bad = found.pop("t3")
        expect(bad.error_type == "SystemExit", f"{bad}")
        expect(all(o.ok for o in found.values()), f"neighbors failed: {found}")

    def test_a_setup_that_kills_is_reported(self, executor: Executor) -> None:
        """Restarting for ever would look like a hang."""
        try:
            list(executor.map(dying_setup, tasks(3)))
        except ClusterError as error:
            expect("no worker" in error.message, error.message)
        else:
            raise AssertionError("the run ended well without a worker")
