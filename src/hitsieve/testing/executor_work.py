"""Work functions for executors: some do what they should, others misbehave.

They live here, and not in test modules, because workers in other processes import them by name.
"""

from __future__ import annotations

import os
import sys
import time
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from hitsieve.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def double() -> Callable[[int], int]:
    """Set up work that doubles a number."""
    return _double


def counted_setup(folder: Path) -> Callable[[int], int]:
    """Set up doubling, leaving a file named by the process for each call of this function."""
    (folder / f"{os.getpid()}-{uuid4().hex}").touch()
    return _double


def identity() -> Callable[[Any], Any]:
    """Set up work that returns its payload."""
    return _same


def flaky(folder: Path, failures: int) -> Callable[[int], int]:
    """Set up doubling that raises :class:`OSError` the first ``failures`` times per payload."""
    return partial(_flaky, folder, failures)


def refusing() -> Callable[[int], int]:
    """Set up work that refuses payload 3 with an :class:`InputError`."""
    return _refuse_three


def failing(folder: Path) -> Callable[[int], int]:
    """Set up work that raises :class:`ZeroDivisionError` on payload 3, counting its calls."""
    return partial(_fail_on_three, folder)


def dying(folder: Path, deaths: int) -> Callable[[int], int]:
    """Set up doubling whose process dies on payload 3, the first ``deaths`` times."""
    return partial(_die_on_three, folder, deaths)


def hanging(folder: Path, times: int) -> Callable[[int], int]:
    """Set up doubling that never returns for payload 3, the first ``times`` times."""
    return partial(_hang_on_three, folder, times)


def unpicklable() -> Callable[[int], object]:
    """Set up work whose result cannot leave its process for payload 3."""
    return _unpicklable_on_three


def exiting() -> Callable[[int], int]:
    """Set up work that calls :func:`sys.exit` on payload 3."""
    return _exit_on_three


def refused_setup() -> Callable[[int], int]:
    """Fail to set up, with an error hitsieve raises on purpose."""
    raise InputError("no such model", cure="name another")


def dying_setup() -> Callable[[int], int]:
    """Kill the process that sets up."""
    os._exit(1)


def _double(value: int) -> int:
    return 2 * value


def _same(value: Any) -> Any:  # noqa: ANN401 - any payload
    return value


def _times(folder: Path, value: int) -> int:
    """Return how often this payload was seen before, and note that it was seen again."""
    seen = len(list(folder.glob(f"{value}-*")))
    (folder / f"{value}-{uuid4().hex}").touch()
    return seen


def _flaky(folder: Path, failures: int, value: int) -> int:
    if _times(folder, value) < failures:
        raise OSError(f"glitch on {value}")
    return 2 * value


def _refuse_three(value: int) -> int:
    if value == 3:  # noqa: PLR2004 - the payload the contract singles out
        raise InputError("three is refused", cure="take four")
    return 2 * value


def _fail_on_three(folder: Path, value: int) -> int:
    _times(folder, value)
    return 2 * value // (value - 3)


def _die_on_three(folder: Path, deaths: int, value: int) -> int:
    if value == 3 and _times(folder, value) < deaths:  # noqa: PLR2004 - as above
        os._exit(1)
    return 2 * value


def _hang_on_three(folder: Path, times: int, value: int) -> int:
    if value == 3 and _times(folder, value) < times:  # noqa: PLR2004 - as above
        time.sleep(3600)
    return 2 * value


def _unpicklable_on_three(value: int) -> object:
    return Lock() if value == 3 else value  # noqa: PLR2004 - as above


def _exit_on_three(value: int) -> int:
    if value == 3:  # noqa: PLR2004 - as above
        sys.exit("leaving")
    return 2 * value
