"""Crashes at named points: a process killed, or an error raised, between any two steps.

A point is a function of the package, and a moment before, in the middle of, or after a call of
it. :func:`install` wraps that function in the process at hand; the package itself holds no
hooks and pays nothing. Which point, at which passage and how, is drawn from a seed, so a failing
run is repeated by its number.
"""

from __future__ import annotations

import errno
import os
import random
import signal
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn

from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Moment = Literal["before", "middle", "after"]
Role = Literal["driver", "worker"]
How = Literal["kill", "full disk", "out of memory", "error", "interrupt"]

HOWS: Final[tuple[How, ...]] = ("kill", "full disk", "out of memory", "error", "interrupt")


@dataclass(frozen=True, slots=True)
class Point:
    """Where a crash happens.

    Parameters
    ----------
    owner, attribute
        The function: its module, or ``module:Class``, and its name there.
    moment
        When, around a call of it. In the ``middle`` of a function that writes a file, half of
        the file is there.
    within
        Only calls whose path contains this text count; empty for all.
    passages
        How often at least a run of five shards and four files each passes it.
    in_worker
        Whether the one who scores passes it, and not only the driver.
    """

    owner: str
    attribute: str
    moment: Moment
    within: str = ""
    passages: int = 1
    in_worker: bool = True


POINTS: Final = {
    "planned": Point("hitsieve.screen.run", "claim_folder", "after", in_worker=False),
    "featurized": Point("hitsieve.testing.fakes:FakeSources", "read", "after", passages=2),
    "scored": Point("hitsieve.screen.work", "checked", "before", passages=8),
    "mid-Parquet": Point("pyarrow.parquet", "write_table", "middle", passages=8),
    "Parquet not renamed": Point("pathlib:Path", "replace", "before", "scores", passages=8),
    "Parquet not committed": Point(
        "hitsieve.screen.work", "write_parquet_atomic", "after", passages=8
    ),
    "mid-commit": Point("pathlib:Path", "write_bytes", "middle", "_commits", passages=8),
    "commit not linked": Point("hitsieve.store.files", "_link", "before", "_commits", passages=8),
    "commit not flushed": Point("hitsieve.store.files", "_link", "after", "_commits", passages=8),
    "committed": Point("hitsieve.store.ledger:Ledger", "commit", "after", passages=8),
    "not noted": Point(
        "hitsieve.screen.journal:Journal", "note", "before", passages=4, in_worker=False
    ),
    "merge": Point("hitsieve.screen.live", "best_of", "after", passages=4, in_worker=False),
    "mid-status": Point(
        "pathlib:Path", "write_bytes", "middle", "status.json", passages=2, in_worker=False
    ),
    "before the manifest": Point("hitsieve.screen.run", "seal", "before", in_worker=False),
    "mid-manifest": Point(
        "pathlib:Path", "write_bytes", "middle", "manifest.json", in_worker=False
    ),
    "swept": Point(
        "hitsieve.store.ledger:Ledger", "sweep_temporaries", "after", passages=2, in_worker=False
    ),
}
"""Points of a run."""


@dataclass(frozen=True, slots=True)
class Crash:
    """One crash.

    Parameters
    ----------
    point
        Name of a :class:`Point`.
    passage
        At which passage of it, from 1, in one process.
    how
        ``kill`` sends SIGKILL to the own process; all others raise an error.
    role
        Who crashes: the ``driver``, or a ``worker`` in a process of its own.
    """

    point: str
    passage: int
    how: How
    role: Role

    @classmethod
    def seeded(
        cls, seed: int, role: Role, points: list[str], known: Mapping[str, Point] | None = None
    ) -> Crash:
        """Draw a crash at one of some points; every third one raises instead of killing.

        Seeds in a row take the points in turn, so that any ``len(points)`` of them meet all, and
        three times as many seeds raise at each point once.
        """
        draw = random.Random(child_seed(seed, "crash"))  # noqa: S311 - no secret
        turn, place = divmod(seed, len(points))
        name = points[place]
        # Where three divides their number, each further turn raises at other points.
        shift = turn if len(points) % 3 == 0 else 0
        how = "kill" if (seed + shift) % 3 else draw.choice(HOWS[1:])
        passages = (known or POINTS)[name].passages
        return cls(name, draw.randint(1, max(1, passages)), how, role)


def install(
    crash: Crash,
    fired: Path,
    points: Mapping[str, Point] | None = None,
    *,
    driver: int | None = None,
) -> None:
    """Arm a crash in this process.

    Parameters
    ----------
    crash
        Where and how.
    fired
        File created when it happens; while it is there, no process crashes any more.
    points
        Known points, :data:`POINTS` by default.
    driver
        Process id of the driver, where workers are forked from it: a crash of the driver then
        happens in that process only, one of a worker in any other. None for this process.
    """
    point = (points or POINTS)[crash.point]
    module, _, name = point.owner.partition(":")
    owner = import_module(module)
    if name:
        owner = getattr(owner, name)
    original = getattr(owner, point.attribute)
    setattr(owner, point.attribute, _Armed(original, point, crash, fired, driver).wrapped())


@dataclass(slots=True)
class _Armed:
    """A wrapped function, and how often it was passed."""

    original: Callable[..., Any]
    point: Point
    crash: Crash
    fired: Path
    driver: int | None = None
    passed: int = 0

    def wrapped(self) -> Callable[..., Any]:
        """Return a function: unlike an object, it becomes a method on a class."""

        def call(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - whatever it wraps
            return self.call(arguments, options)

        return call

    def call(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:  # noqa: ANN401 - as above
        """Call the function, and crash if this is the passage."""
        if not self._meant(arguments):
            return self.original(*arguments, **options)
        self.passed += 1
        due = self.passed == self.crash.passage and self._is_first()
        if due and self.point.moment == "before":
            self.fire()
        result = self.original(*arguments, **options)
        if due and self.point.moment == "middle":
            # All that was written so far is the first half of the one file it was given.
            path = next(a for a in arguments if isinstance(a, Path))
            os.truncate(path, path.stat().st_size // 2)
        if due:
            self.fire()
        return result

    def fire(self) -> NoReturn:
        """Crash."""
        if self.crash.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        raise _error(self.crash.how)

    def _is_first(self) -> bool:
        try:
            os.close(os.open(self.fired, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return False
        return True

    def _meant(self, arguments: tuple[Any, ...]) -> bool:
        here = self.driver is None or (os.getpid() == self.driver) == (self.crash.role == "driver")
        if not here:
            return False
        paths = [str(argument) for argument in arguments if isinstance(argument, Path)]
        return not self.point.within or any(self.point.within in path for path in paths)


def _error(how: How) -> BaseException:
    if how == "full disk":
        return OSError(errno.ENOSPC, "No space left on device")
    if how == "out of memory":
        return MemoryError("no more memory")
    return KeyboardInterrupt() if how == "interrupt" else RuntimeError("something is wrong")
