"""Running somebody else's program: with a time limit, in its own process group, never a shell."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hitsieve.errors import InputError
from hitsieve.oracles import guard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

OUTPUT: Final = "stdout"
"""File, in the program's folder, that its standard output goes to."""

_ERRORS: Final = "stderr"
_TAIL: Final = 200
_GRACE_S: Final = 30.0
_FROM_OUTSIDE: Final = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended.

    Parameters
    ----------
    code
        Its exit code, negative for a signal; None if that is unknown.
    in_time
        False if it was killed at the limit.
    last_words
        The end of its error output.
    """

    code: int | None
    in_time: bool
    last_words: str

    @property
    def killed(self) -> bool:
        """Whether somebody else killed it, or its guard, so that its end tells nothing of it."""
        return self.code is None or (self.in_time and -self.code in _FROM_OUTSIDE)


def run_program(
    argv: Sequence[str], folder: Path, environment: Mapping[str, str], limit_s: float
) -> Ran:
    """Run a program to its end, or kill it and all processes of its group at the limit.

    If this process dies meanwhile, however it does, the program is killed too.

    Parameters
    ----------
    argv
        The program and its arguments, passed as they are.
    folder
        Where it runs; ``stdout`` and ``stderr`` are written there.
    environment
        Laid over this process's own.
    limit_s
        Seconds it may take.

    Raises
    ------
    InputError
        If the program cannot be started.
    """
    reading, writing = os.pipe()
    try:
        with (folder / OUTPUT).open("wb") as out, (folder / _ERRORS).open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", guard.__file__, str(writing), str(limit_s), *argv],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=errors,
                cwd=folder,
                env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
                pass_fds=[writing],
                start_new_session=True,
            )
        os.close(writing)
        writing = -1
        try:
            code, why, error = _report(reading, limit_s)
        finally:
            _end(process)
    finally:
        for descriptor in (reading, writing):
            if descriptor >= 0:
                os.close(descriptor)
    if why == "start":
        raise InputError(
            f"program {argv[0]!r} cannot be started: {error}",
            cure="check that it is installed on every machine and may be executed",
        )
    return Ran(code, why == "done", _last_words(folder / _ERRORS))


def _report(reading: int, limit_s: float) -> tuple[int | None, str, str]:
    """Read the guard's report; all of it empty if the guard itself was killed."""
    ready, _, _ = select.select([reading], [], [], limit_s + _GRACE_S)
    text = os.read(reading, 65536) if ready else b""
    if not text:
        return None, "", ""
    report = json.loads(text)
    return report["code"], report["why"], report["error"]


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close the guard's input, which makes it kill what still runs, and wait for it."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(timeout=_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _last_words(path: Path) -> str:
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 4 * _TAIL))
        text = stream.read().decode("utf-8", "replace")
    return " ".join(text.split())[-_TAIL:]
