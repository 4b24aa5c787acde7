"""The executor without any machinery: the calling process works off the tasks itself."""

from __future__ import annotations

import platform
import time
from typing import TYPE_CHECKING

from hitsieve.engine.executor import Limits, Outcome, P, R, Task, Work
from hitsieve.errors import HitsieveError
from hitsieve.threads import one_thread_algebra

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType
    from typing import Self

_DEFAULT = Limits()


class SerialExecutor:
    """Runs tasks one after the other, in order, in this process.

    It starts nothing and cannot outlive its work: a task that kills the process or never
    returns takes the run with it, and :attr:`Limits.deadline_s` is not enforced.

    Examples
    --------
    >>> with SerialExecutor() as executor:
    ...     [o.value for o in executor.map(lambda: abs, [Task("a", -1), Task("b", 2)])]
    [1, 2]
    """

    name = "serial"
    workers = 1

    def map(
        self,
        setup: Callable[[], Work[P, R]],
        tasks: Iterable[Task[P]],
        limits: Limits = _DEFAULT,
    ) -> Iterator[Outcome[R]]:
        """Run all tasks; see :meth:`hitsieve.engine.executor.Executor.map`."""
        work: Work[P, R] | None = None
        for task in tasks:
            if work is None:  # an empty input needs no model
                with one_thread_algebra():
                    work = setup()
            yield _attempt(work, task, limits.attempts)

    def close(self) -> None:
        """Nothing was started, nothing is freed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _attempt(work: Work[P, R], task: Task[P], attempts: int) -> Outcome[R]:
    for attempt in range(1, attempts + 1):
        started = time.perf_counter()
        try:
            with one_thread_algebra():
                value = work(task.payload)
        except Exception as error:  # noqa: BLE001 - whatever the work raised becomes its outcome
            seconds = time.perf_counter() - started
            if attempt == attempts or isinstance(error, HitsieveError):
                kind, node = type(error).__name__, platform.node()
                return Outcome(task.key, None, describe(error), kind, attempt, seconds, node)
        else:
            seconds = time.perf_counter() - started
            return Outcome(task.key, value, "", "", attempt, seconds, platform.node())
    raise AssertionError("unreachable: Limits allows no attempts below 1")


def describe(error: BaseException) -> str:
    """Return an exception's message, or its class name where it has none."""
    return str(error) or type(error).__name__
