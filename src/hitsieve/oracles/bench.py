"""A bench measures one compound at a time, under a time limit that is held.

The measurement runs in a child process kept for the next compound. A child that takes too long
is killed and replaced; one that dies or raises is replaced and reported as trouble.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from multiprocessing import Pipe
from typing import IO, TYPE_CHECKING, Final, cast

from hitsieve.errors import HitsieveError
from hitsieve.oracles.guard import STEP_S
from hitsieve.oracles.protocol import Measurement, label_rows
from hitsieve.oracles.trouble import Trouble, trouble_of
from hitsieve.schema import LABELS, Code
from hitsieve.schema.codes import clip

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from hitsieve.oracles.protocol import Compound, Oracle
    from hitsieve.oracles.store import Row

_START_S: Final = 120.0
_TAIL: Final = 200  # characters of a dead child's last words
_SAME: Final = ("target", "endpoint", "unit")


class Bench:
    """Measures compounds with one oracle; a try ends as a label, or as trouble.

    Parameters
    ----------
    oracle
        The oracle; must be picklable if there is a limit.
    time_limit_s
        Seconds a compound may take; None measures in this process, without protection.
    """

    def __init__(self, oracle: Oracle, time_limit_s: float | None) -> None:
        self._oracle = oracle
        self._limit_s = time_limit_s
        self._child: _Child | None = None

    def measure(self, compound: Compound) -> Row | Trouble:
        """Return the LABELS row of a compound, or what kept it from being measured.

        A row tells what the measurement came to: a value, the oracle's own word that there is
        none, the limit exceeded, or an answer that is no sound row of this compound. An error
        raised or a process that died tells nothing of the compound: it is trouble.

        Raises
        ------
        HitsieveError
            If the oracle cannot even be started.
        """
        if self._limit_s is not None:
            return self._guarded(compound, self._limit_s)
        try:
            rows = self._oracle.measure([compound]).to_pylist()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever an oracle raises
            return trouble_of(error)
        return self._checked(compound, rows)

    def close(self) -> None:
        """End the child process."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def __del__(self) -> None:
        self.close()

    def _guarded(self, compound: Compound, limit_s: float) -> Row | Trouble:
        if self._child is None:
            self._child = _Child(self._oracle, limit_s)
        child = self._child
        try:
            child.connection.send(compound)
            if not _answers(child.connection, limit_s):
                self.close()
                return self._failed(compound, Code.TIMEOUT, f"took longer than {limit_s:g} s")
            kind, reply = child.connection.recv()
        except (EOFError, OSError):
            code = child.exit_code()
            words = child.last_words()
            self.close()
            if code == -signal.SIGALRM:  # by the wall clock only: it or this process was stopped
                return Trouble(Code.TIMEOUT, f"took longer than {limit_s:g} s")
            said = f"ended with code {code}: {words}".removesuffix(": ")
            return Trouble(Code.CRASHED, said)
        if kind == "trouble":
            self.close()  # whatever is wrong in there, the next try has a fresh process
            return cast("Trouble", reply)
        return self._checked(compound, reply)

    def _checked(self, compound: Compound, rows: list[Row]) -> Row:
        """Accept what an oracle returned only if it is one sound row of this compound."""
        wanted = {name: getattr(self._oracle, name) for name in _SAME}
        wanted |= {"compound_id": compound[0], "smiles": compound[1]}
        if len(rows) != 1 or set(rows[0]) != set(LABELS.names):
            return self._failed(compound, Code.INTERNAL, f"{len(rows)} rows, or not LABELS rows")
        wrong = [name for name, value in wanted.items() if rows[0][name] != value]
        if wrong:
            return self._failed(compound, Code.INTERNAL, f"wrong {', '.join(wrong)} in its row")
        return rows[0]

    def _failed(self, compound: Compound, code: Code, message: str) -> Row:
        return failed_row(self._oracle, compound, code, message)


def failed_row(oracle: Oracle, compound: Compound, code: Code, message: str) -> Row:
    """Return the LABELS row of a compound that could not be measured."""
    found = Measurement(None, code=code, message=clip(message))
    row: Row = label_rows(oracle, [compound], [found]).to_pylist()[0]
    return row


def _answers(connection: Connection, limit_s: float) -> bool:
    """Wait until there is something to read; False if it takes longer than that many seconds.

    Time in which this process was stopped (a batch system's suspension, a debugger) stopped the
    measurement too, and does not count.
    """
    left = limit_s
    while left > 0:
        began = time.monotonic()
        if connection.poll(min(left, STEP_S)):
            return True
        left -= min(time.monotonic() - began, 2 * STEP_S)
    return False


class _Child:
    """The process of :mod:`hitsieve.oracles.child`, started and ready."""

    connection: Connection

    def __init__(self, oracle: Oracle, limit_s: float) -> None:
        ours, theirs = Pipe()
        self.connection = ours
        self._words: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        # The child must find the same packages, also where a parent changed its path.
        paths = os.pathsep.join(path for path in sys.path if path)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "hitsieve.oracles.child", str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=self._words,
            stderr=self._words,
            pass_fds=[theirs.fileno()],
            env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
        )
        theirs.close()
        try:
            ours.send((oracle, limit_s))
            ready = _answers(ours, _START_S) and ours.recv() == ("ready",)
            words = self.last_words()
        except Exception as error:  # noqa: BLE001 - pickling fails in many ways; reported below
            ready, words = False, f"{type(error).__name__}: {error} {self.last_words()}"
        if not ready:
            self.end()
            raise HitsieveError(
                f"oracle {oracle.name!r} did not start in its process: {words}",
                cure="check that it can be pickled and that hitsieve is importable by workers",
            )

    def exit_code(self) -> int | None:
        """Return the code the process ended with, None if it does not end."""
        try:
            return self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return None

    def last_words(self) -> str:
        """Return the end of what the process printed."""
        self._words.seek(0)
        return self._words.read().decode("utf-8", "replace")[-_TAIL:].strip()

    def end(self) -> None:
        """Kill the process and free what it used."""
        with suppress(OSError):
            self.connection.close()
        self._process.kill()
        self._process.wait()
        self._words.close()
