"""The pool: which worker gets which task, and what happens when one is lost.

A plain state machine over a :class:`Crew`, which knows how workers are started, called and
killed. It holds no machinery of its own, so its rules are tested without any process.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol

from hitsieve.engine.executor import DEADLINE_EXCEEDED, WORKER_LOST, Limits, Outcome, P, R, Task
from hitsieve.engine.worker import Report
from hitsieve.errors import ClusterError

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

_LOG = logging.getLogger(__name__)
_TICK_S: Final = 1.0
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 5.0
_FIRST_STARTS: Final = 3
"""Failed starts of a worker that never worked before its cause is reported."""
_RETURN_LIMIT_S: Final = 300.0
"""Seconds a lost worker may take to come back before its seat is given up."""
_NOTICE_S: Final = 60.0


class CallFailedError(Exception):
    """A call failed while its worker lives on, such as by an answer that cannot travel.

    Parameters
    ----------
    kind
        Name of the exception class.
    message
        What it said.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind
        self.message = message


class WorkerLostError(Exception):
    """A worker was lost while it worked on a call.

    Parameters
    ----------
    message
        What is known about it.
    for_good
        Whether it will not come back by itself.
    """

    def __init__(self, message: str, *, for_good: bool) -> None:
        super().__init__(message)
        self.message = message
        self.for_good = for_good


class Crew(Protocol):
    """How workers are started, called and killed; the pool treats workers and calls as opaque."""

    def now(self) -> float:
        """Return monotonic seconds."""

    def open(self) -> Any:  # noqa: ANN401 - opaque worker
        """Start a worker, without waiting for it."""

    def ping(self, worker: Any) -> Hashable:  # noqa: ANN401 - opaque worker
        """Begin a call that sets the worker up and answers with an exception or None."""

    def run(self, worker: Any, payload: object) -> Hashable:  # noqa: ANN401 - opaque worker
        """Begin a call that works on a payload and answers with a ``Report``."""

    def wait(self, calls: Sequence[Hashable], seconds: float) -> Sequence[Hashable]:
        """Return finished calls as soon as there are any, at the latest after ``seconds``."""

    def answer(self, call: Hashable) -> Any:  # noqa: ANN401 - what the worker returned
        """Return a finished call's answer, or raise one of the two errors above."""

    def kill(self, worker: Any, *, restart: bool) -> None:  # noqa: ANN401 - opaque worker
        """End a worker's process at once; with ``restart`` a new one takes its place."""


@dataclass(slots=True)
class _Flight(Generic[P]):
    """A task on its way: how often it was started."""

    task: Task[P]
    attempts: int = 0


@dataclass(slots=True)
class _Seat:
    """A place in the pool: a worker, its call in flight, and its state.

    ``call`` without ``flight`` is a ping, neither of them means idle, and ``wake`` is the
    monotonic time at which a seat that is down is pinged.
    """

    worker: Any
    call: Any = None
    flight: _Flight[Any] | None = None
    since: float = 0.0
    wake: float | None = None
    pause: float = _FIRST_PAUSE_S
    misses: int = 0
    worked: bool = False
    down_since: float = 0.0


class Pool(Generic[P, R]):
    """One map: its workers, the tasks under way, and the outcomes not yet handed out."""

    def __init__(
        self,
        crew: Crew,
        tasks: Iterator[Task[P]],
        limits: Limits,
        size: int,
    ) -> None:
        self._crew = crew
        self._tasks = tasks
        self._limits = limits
        self._size = min(size, limits.max_in_flight or size)
        self._seats: list[_Seat] = []
        self._waiting: deque[_Flight[P]] = deque()
        self._done: deque[Outcome[R]] = deque()
        self._exhausted = False
        self._noticed = self._crew.now()
        self._last_loss = ""

    def outcomes(self) -> Iterator[Outcome[R]]:
        """Yield outcomes as they come; workers are gone when this ends, however it ends."""
        try:
            while True:
                self._take()
                self._assign()
                while self._done:
                    yield self._done.popleft()
                if not self._waiting and not self._flying():
                    if self._exhausted:
                        return
                    continue
                self._wait()
        finally:
            for seat in self._seats:
                self._crew.kill(seat.worker, restart=False)

    def _flying(self) -> int:
        return sum(seat.flight is not None for seat in self._seats)

    def _take(self) -> None:
        while not self._exhausted and len(self._waiting) + self._flying() < self._size:
            task = next(self._tasks, None)
            if task is None:
                self._exhausted = True
                return
            self._waiting.append(_Flight(task))
            if len(self._seats) < len(self._waiting) + self._flying():
                self._seats.append(self._open())

    def _open(self) -> _Seat:
        seat = _Seat(self._crew.open(), down_since=self._crew.now())
        seat.call = self._crew.ping(seat.worker)
        return seat

    def _assign(self) -> None:
        now = self._crew.now()
        for seat in self._seats:
            if seat.wake is not None and seat.wake <= now:
                seat.wake = None
                seat.call = self._crew.ping(seat.worker)
            elif seat.wake is None and seat.call is None and self._waiting:
                flight = self._waiting.popleft()
                flight.attempts += 1
                seat.flight, seat.since = flight, now
                seat.call = self._crew.run(seat.worker, flight.task.payload)

    def _wait(self) -> None:
        calls = {seat.call: seat for seat in self._seats if seat.call is not None}
        for call in self._crew.wait(list(calls), self._pause()):
            self._settle(calls[call])
        self._enforce_deadline()
        self._drop_lost_seats()

    def _pause(self) -> float:
        now = self._crew.now()
        times = [seat.wake for seat in self._seats if seat.wake is not None]
        if self._limits.deadline_s is not None:
            times += [s.since + self._limits.deadline_s for s in self._seats if s.flight]
        return min([_TICK_S, *(max(0.0, moment - now) for moment in times)])

    def _settle(self, seat: _Seat) -> None:
        call, flight = seat.call, seat.flight
        seat.call = seat.flight = None
        try:
            answer = self._crew.answer(call)
        except CallFailedError as error:  # such as a value that cannot be pickled
            if flight is None:
                self._down(seat, error.message)
            else:
                self._fail(flight, _lost_call(error.kind, error.message), seat.since)
        except WorkerLostError as error:
            self._down(seat, error.message, reopen=error.for_good)
            if flight is not None:
                self._fail(flight, _lost_call(WORKER_LOST, error.message), seat.since)
        else:
            self._answered(seat, flight, answer)

    def _answered(self, seat: _Seat, flight: _Flight[P] | None, answer: Any) -> None:  # noqa: ANN401 - a ping's or a run's answer
        if flight is None:
            if answer is not None:
                raise answer
            seat.worked, seat.misses, seat.pause = True, 0, _FIRST_PAUSE_S
        elif not answer.error_type:
            key, tried = flight.task.key, flight.attempts
            told = (answer.seconds, answer.node, answer.gpu_busy)
            self._done.append(Outcome(key, answer.value, "", "", tried, *told))
        else:
            if answer.broken or answer.error_type == WORKER_LOST:
                self._kill(seat, answer.error)
            self._fail(flight, answer, seat.since)

    def _fail(self, flight: _Flight[P], report: Report, since: float) -> None:
        if not report.final and flight.attempts < self._limits.attempts:
            self._waiting.append(flight)
            return
        key, tried, kind = flight.task.key, flight.attempts, report.error_type
        seconds = self._crew.now() - since
        self._done.append(Outcome(key, None, report.error, kind, tried, seconds, report.node))

    def _enforce_deadline(self) -> None:
        limit = self._limits.deadline_s
        if limit is None:
            return
        now = self._crew.now()
        for seat in self._seats:
            flight = seat.flight
            if flight is not None and now - seat.since >= limit:
                message = f"no result within {limit:g} s"
                seat.call = seat.flight = None
                self._kill(seat, message)
                self._fail(flight, _lost_call(DEADLINE_EXCEEDED, message), seat.since)

    def _kill(self, seat: _Seat, reason: str) -> None:
        self._crew.kill(seat.worker, restart=True)
        self._down(seat, reason)

    def _down(self, seat: _Seat, reason: str, *, reopen: bool = False) -> None:
        now = self._crew.now()
        self._last_loss = reason
        if seat.misses == 0:
            seat.down_since = now
        seat.misses += 1
        if reopen:
            seat.worker = self._crew.open()
        seat.wake = now + seat.pause
        seat.pause = min(2 * seat.pause, _LONGEST_PAUSE_S)
        _LOG.info("a worker is down: %s", reason)

    def _drop_lost_seats(self) -> None:
        now = self._crew.now()
        kept = [seat for seat in self._seats if not _lost(seat, now)]
        for seat in self._seats:
            if seat not in kept:
                self._crew.kill(seat.worker, restart=False)
        self._seats = kept
        if not kept:
            raise ClusterError(
                f"no worker could be kept alive; the last was lost with: {self._last_loss}",
                cure="look for memory, missing files or crashing libraries on the workers",
            )
        if now - self._noticed > _NOTICE_S and not any(seat.worked for seat in kept):
            self._noticed = now
            _LOG.warning(
                "still waiting for the cluster to start a worker with %s CPUs and %s GPUs",
                self._limits.cpus,
                self._limits.gpus,
            )


def _lost_call(kind: str, message: str) -> Report:
    return Report(error=message, error_type=kind, node="")


def _lost(seat: _Seat, now: float) -> bool:
    if not seat.worked:
        return seat.misses >= _FIRST_STARTS
    return seat.misses > 0 and now - seat.down_since > _RETURN_LIMIT_S
