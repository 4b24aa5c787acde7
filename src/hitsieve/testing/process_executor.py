"""An executor of plain processes: the pool's real rules, with workers that can really be killed.

It needs no cluster, so a hundred runs with killed workers take seconds. It runs on one machine
and for tests only: a screen uses :mod:`hitsieve.engine.ray_executor`.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection
from typing import TYPE_CHECKING, Any, Final

from hitsieve.engine import Limits
from hitsieve.engine.executor import P, R
from hitsieve.engine.pool import Pool, WorkerLostError
from hitsieve.engine.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from hitsieve.engine import Outcome, Task
    from hitsieve.engine.executor import Work

_ORPHANED_S: Final = 0.1
_DEFAULT = Limits()


class ProcessExecutor:
    """Runs tasks in forked processes of this machine.

    A worker whose driver was killed ends after the call it is working on, as one on a cluster
    would: until then it goes on writing.

    Parameters
    ----------
    workers
        How many processes.
    """

    name = "processes"

    def __init__(self, workers: int = 2) -> None:
        self.workers = workers

    def map(
        self,
        setup: Callable[[], Work[P, R]],
        tasks: Iterable[Task[P]],
        limits: Limits = _DEFAULT,
    ) -> Iterator[Outcome[R]]:
        """Run all tasks; see :meth:`hitsieve.engine.executor.Executor.map`."""
        pool = Pool[P, R](_Processes(setup), iter(tasks), limits, self.workers)
        yield from pool.outcomes()

    def close(self) -> None:
        """Nothing outlives a map."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


@dataclass(slots=True, eq=False)
class _Child:
    """A worker's process and the pipe to it; a restarted worker gets new ones."""

    process: Any
    pipe: connection.Connection


@dataclass(frozen=True, slots=True, eq=False)
class _Call:
    """A question in flight, bound to the pipe it was asked through."""

    pipe: connection.Connection


class _Processes:
    """A :class:`~hitsieve.engine.pool.Crew` of forked processes."""

    def __init__(self, setup: Callable[[], Work[Any, Any]]) -> None:
        self._setup = setup
        self._context = multiprocessing.get_context("fork")

    def now(self) -> float:
        return time.monotonic()

    def open(self) -> _Child:
        near, far = self._context.Pipe()
        process = self._context.Process(
            target=_serve, args=(self._setup, far, os.getpid()), daemon=True
        )
        process.start()
        far.close()
        return _Child(process, near)

    def ping(self, worker: _Child) -> Hashable:
        return self._ask(worker, None)

    def run(self, worker: _Child, payload: object) -> Hashable:
        return self._ask(worker, (payload,))

    def wait(self, calls: Sequence[Any], seconds: float) -> Sequence[Hashable]:
        if not calls:
            time.sleep(seconds)
            return []
        by_pipe = {call.pipe: call for call in calls}
        return [by_pipe[pipe] for pipe in connection.wait(list(by_pipe), seconds)]

    def answer(self, call: Any) -> Any:  # noqa: ANN401 - what the worker returned
        try:
            return call.pipe.recv()
        except (EOFError, OSError) as error:
            raise WorkerLostError("the process died", for_good=True) from error

    def kill(self, worker: _Child, *, restart: bool) -> None:
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()
        if restart:
            again = self.open()
            worker.process, worker.pipe = again.process, again.pipe

    @staticmethod
    def _ask(worker: _Child, question: object) -> _Call:
        with suppress(OSError):  # it died meanwhile: the answer will say so
            worker.pipe.send(question)
        return _Call(worker.pipe)


def _serve(setup: Callable[[], Work[Any, Any]], pipe: connection.Connection, driver: int) -> None:
    worker = Worker(setup)
    while os.getppid() == driver:
        # Siblings hold copies of the driver's end, so its death does not close the pipe.
        if not pipe.poll(_ORPHANED_S):
            continue
        question = pipe.recv()
        answer = worker.ready() if question is None else worker.run(*question)
        if os.getppid() == driver:
            pipe.send(answer)
