"""Processes that may crash: started quickly, waited for with all they forked, ended by a code."""

from __future__ import annotations

import fcntl
import multiprocessing
import sys
from typing import TYPE_CHECKING, Final

from hitsieve.errors import HitsieveError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from io import TextIOWrapper
    from pathlib import Path
    from typing import NoReturn

_INTERRUPTED: Final = 130
_UNEXPECTED: Final = 1


def run_process(work: Callable[[], None], imports: Sequence[str]) -> int:
    """Call a function in a fresh process and wait for its end.

    Parameters
    ----------
    work
        Can be pickled.
    imports
        Modules that the server of the processes imports once, for all of them to start quickly.

    Returns
    -------
    Exit code, negative for a signal.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(imports))
    process = context.Process(target=work, daemon=False)
    process.start()
    process.join()
    return process.exitcode or 0


def end_as_command(work: Callable[[], object]) -> NoReturn:
    """Call a function and leave the process with the exit code that a command would have."""
    code = 0
    try:
        work()
    except HitsieveError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        code = error.exit_code
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except Exception as error:  # noqa: BLE001 - what was raised on purpose ends here
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        code = _UNEXPECTED
    sys.exit(code)


def hold(scratch: Path) -> TextIOWrapper:
    """Return a lock held by this process and all it forks, until they are gone, however they go.

    It is held as long as what is returned is kept.
    """
    lock = (scratch / "alive").open("a")
    fcntl.flock(lock, fcntl.LOCK_SH)
    return lock


def wait_for_orphans(scratch: Path) -> None:
    """Wait until no process holds the lock of a folder any more."""
    with (scratch / "alive").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
