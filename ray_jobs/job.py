"""What every job does around its work: one YAML file in, a summary line and an exit code out."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from hitsieve.engine import open_executor
from hitsieve.errors import HitsieveError, IncompleteError, UsageError
from hitsieve.logs import start_logging

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsieve.engine import Executor


def executor() -> Executor:
    """Open the cluster of ``RAY_ADDRESS``, or a private one; ``HITSIEVE_WORKERS`` says how wide.

    Raises
    ------
    UsageError
        If ``HITSIEVE_WORKERS`` is no number above 0.
    """
    given = os.environ.get("HITSIEVE_WORKERS", "")
    if given and not given.isdecimal():
        raise UsageError(f"HITSIEVE_WORKERS={given!r}", cure="set it to a number, or unset it")
    return open_executor("auto", int(given) if given else None)


def run(job: Callable[[Path], str]) -> NoReturn:
    """Run a job with the configuration file named on the command line, and exit.

    A stop signal ends it like Ctrl-C: with the code of a run that can be resumed.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        start_logging()
        if len(sys.argv) != 2:  # noqa: PLR2004 - the script's name and one file
            raise UsageError(f"usage: python {sys.argv[0]} CONFIG.yaml")
        sys.stdout.write(job(Path(sys.argv[1])) + "\n")
    except KeyboardInterrupt:
        sys.stderr.write("interrupted; submit it again to go on\n")
        raise SystemExit(IncompleteError.exit_code) from None
    except HitsieveError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        raise SystemExit(error.exit_code) from None
    raise SystemExit(0)
