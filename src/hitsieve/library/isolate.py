"""Finding the record that kills or hangs its worker, and saving all others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic

from hitsieve import errors
from hitsieve.engine import Limits, Task
from hitsieve.engine.executor import DEADLINE_EXCEEDED, WORKER_LOST, P, R
from hitsieve.schema import Code

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsieve.engine import Executor, Outcome, Work

PARTS: Final = 16
SECONDS_A_RECORD: Final = 0.02
"""Generous: twenty times what a record takes on average."""


@dataclass(frozen=True, slots=True)
class Piece(Generic[R]):
    """A range of items that went well, or a single one that failed.

    Parameters
    ----------
    start, stop
        The range.
    value
        Result of the work on it; None for a failure.
    code, message
        Why the item failed.
    """

    start: int
    stop: int
    value: R | None
    code: Code = Code.NONE
    message: str = ""


def deadline(items: int, record_seconds: float) -> float:
    """Return the seconds that a task of so many items may take, one slow item included."""
    return record_seconds + SECONDS_A_RECORD * items


def raise_if_final(outcome: Outcome[R], what: str) -> None:
    """Raise an error that no bisection can cure, such as a full disk.

    Raises
    ------
    HitsieveError
        Of the class that the work raised.
    """
    kind = _final_errors().get(outcome.error_type)
    if kind is not None:
        raise kind(f"{what}: {outcome.error}", cure="correct the cause and run again: it resumes")


def isolate(
    executor: Executor,
    setup: Callable[[], Work[P, R]],
    length: int,
    part: Callable[[int, int], P],
    *,
    name: str,
    record_seconds: float,
) -> list[Piece[R]]:
    """Work off a failing range in ever smaller parts until each culprit stands alone.

    Each round cuts every failing range in :data:`PARTS`, so a hang costs a few deadlines and
    not one for each halving; the good parts of a round are done for good.

    Parameters
    ----------
    executor, setup
        As for :meth:`~hitsieve.engine.executor.Executor.map`.
    length
        Items in the range that failed as a whole.
    part
        Makes the payload of a half-open range.
    name
        Names the range in keys and errors.
    record_seconds
        Time one item may take.

    Returns
    -------
    list[Piece]
        In order, covering the range.
    """
    done: list[Piece[R]] = []
    failing = [(0, length)]
    while failing:
        ranges = [cut for span in failing for cut in _cut(*span)]
        failing = []
        widest = max(stop - start for start, stop in ranges)
        by_key = {f"{name}[{start}:{stop}]": (start, stop) for start, stop in ranges}
        tasks = (Task(key, part(*span)) for key, span in by_key.items())
        # One more attempt for a single item: a lost machine must not condemn it.
        limits = Limits(
            attempts=2 if widest == 1 else 1, deadline_s=deadline(widest, record_seconds)
        )
        for outcome in executor.map(setup, tasks, limits):
            start, stop = by_key[outcome.key]
            if outcome.ok:
                done.append(Piece(start, stop, outcome.value))
                continue
            raise_if_final(outcome, outcome.key)
            if stop - start > 1:
                failing.append((start, stop))
            else:
                code, message = _reason(outcome, record_seconds)
                done.append(Piece(start, stop, None, code, message))
    return sorted(done, key=lambda piece: piece.start)


def _cut(start: int, stop: int) -> list[tuple[int, int]]:
    width = max(1, -(-(stop - start) // PARTS))
    return [(low, min(low + width, stop)) for low in range(start, stop, width)]


def _reason(outcome: Outcome[R], record_seconds: float) -> tuple[Code, str]:
    if outcome.error_type == DEADLINE_EXCEEDED:
        return Code.TIMEOUT, f"it took longer than {record_seconds:g} s and was given up"
    if outcome.error_type == WORKER_LOST:
        return Code.CRASHED, "it killed its worker each time it was tried"
    if outcome.error_type in {"MemoryError", "OutOfMemoryError"}:
        return Code.OUT_OF_MEMORY, "it needs more memory than a worker has"
    return Code.INTERNAL, f"{outcome.error_type}: {outcome.error}"


def _final_errors() -> dict[str, type[errors.HitsieveError]]:
    found: dict[str, type[errors.HitsieveError]] = {}
    kinds = [errors.HitsieveError]
    while kinds:
        kind = kinds.pop()
        found[kind.__name__] = kind
        kinds += kind.__subclasses__()
    return found
