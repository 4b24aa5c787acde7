"""The seam between what is computed and where: one unordered, bounded map.

A work function never knows which executor runs it. It must be a pure function of its
payload, because a lost worker's payload is given to another one: execution is at least once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from hitsieve.errors import UsageError

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

P = TypeVar("P")
R = TypeVar("R")

Work = Callable[[P], R]
"""What a worker calls for each payload."""


@dataclass(frozen=True, slots=True)
class Task(Generic[P]):
    """One unit of work: a key that names it in results and errors, and its payload."""

    key: str
    payload: P


@dataclass(frozen=True, slots=True)
class Limits:
    """What a task may use.

    Parameters
    ----------
    attempts
        How often a task is started before it is given up, at least 1.
    deadline_s
        Seconds one attempt may take before its worker is killed; None for no limit. An
        executor without worker processes cannot kill, and ignores it.
    cpus, gpus
        What each worker reserves.
    max_in_flight
        Tasks taken from the input and not yet finished; None for as many as workers.
    resources
        What each worker reserves of a cluster's custom resources, by name.
    labels
        Labels a node must bear to hold a worker; a value may be a selector of Ray, such as
        ``in(a, b)`` or ``!spot``. Executors on one machine have neither and ignore both.

    Raises
    ------
    UsageError
        If a number is out of range.
    """

    attempts: int = 3
    deadline_s: float | None = None
    cpus: float = 1
    gpus: float = 0
    max_in_flight: int | None = None
    resources: Mapping[str, float] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise UsageError(f"attempts = {self.attempts}: a task needs at least 1")
        if self.deadline_s is not None and self.deadline_s <= 0:
            raise UsageError(f"deadline_s = {self.deadline_s}: give seconds above 0, or None")
        if self.cpus < 0 or self.gpus < 0:
            raise UsageError(f"cpus = {self.cpus}, gpus = {self.gpus}: must not be negative")
        if self.max_in_flight is not None and self.max_in_flight < 1:
            raise UsageError(f"max_in_flight = {self.max_in_flight}: at least 1, or None")
        for name, amount in self.resources.items():
            if name in {"CPU", "GPU"} or amount <= 0:
                raise UsageError(
                    f"resources: {name} = {amount}: give custom resources, each above 0",
                    cure="CPUs and GPUs have settings of their own",
                )


@dataclass(frozen=True, slots=True)
class Outcome(Generic[R]):
    """How a task ended.

    Parameters
    ----------
    key
        The task's key.
    value
        What the work function returned; None after an error.
    error
        What went wrong in the last attempt; empty if nothing did.
    error_type
        Name of the exception class, such as ``StorageError``; ``WorkerLost`` or
        ``DeadlineExceeded`` where the worker was lost or killed; empty if nothing went wrong.
    attempts
        How often it was started.
    seconds
        How long the last attempt took.
    node
        Host that worked on the last attempt; empty if it was lost.
    gpu_busy
        Share of time, 0 to 1, the worker's GPUs computed at its end; None without GPUs.
    """

    key: str
    value: R | None
    error: str = ""
    error_type: str = ""
    attempts: int = 1
    seconds: float = 0.0
    node: str = ""
    gpu_busy: float | None = None

    @property
    def ok(self) -> bool:
        """Whether the task succeeded."""
        return not self.error_type


WORKER_LOST = "WorkerLost"
DEADLINE_EXCEEDED = "DeadlineExceeded"


class Executor(Protocol):
    """Runs tasks somewhere; also a context manager that frees what it started.

    Attributes
    ----------
    name
        ``serial`` or ``ray``.
    workers
        How many tasks run at a time.
    """

    @property
    def name(self) -> str:
        """``serial`` or ``ray``."""

    @property
    def workers(self) -> int:
        """How many tasks run at a time."""

    def map(
        self,
        setup: Callable[[], Work[P, R]],
        tasks: Iterable[Task[P]],
        limits: Limits = ...,
    ) -> Iterator[Outcome[R]]:
        """Run all tasks and yield their outcomes in the order they finish.

        Parameters
        ----------
        setup
            Called once in each worker; returns the function called for each payload.
            Picklable: a module-level function or a ``functools.partial`` of one.
        tasks
            Read lazily: about as many are taken as there are workers.
        limits
            Attempts, deadline and resources.

        Yields
        ------
        Outcome
            One for each task. A :class:`~hitsieve.errors.HitsieveError` of the work is final;
            any other exception, a lost worker or a deadline is tried again.

        Raises
        ------
        Exception
            What ``setup`` raised: without it no task can run.
        """

    def close(self) -> None:
        """Free what this executor started."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
