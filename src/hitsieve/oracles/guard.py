"""Runs one program in a process group of its own and never leaves it behind; a script.

``python -I -S guard.py <report> <seconds> <program> [argument …]``: the program runs with this
process's folder, environment, output and error output, and no input. It is killed, with every
process of its group, when the seconds are over (time in which this script was stopped itself does
not count) or when standard input closes, which it does however the parent dies. A line of JSON
goes to the open file ``<report>``:
``{"code": exit code, "why": "done" | "time" | "parent" | "start", "error": text}``.

It needs nothing but the standard library, so that it starts in a few milliseconds.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress

GRACE_S = 1.0  # from asking a program to end until it is killed
STEP_S = 0.5  # a wait of that long that took much longer was stopped itself, as the program was


def main() -> None:
    """Run the program named by the arguments and report."""
    report, seconds, *argv = sys.argv[1:]
    ended = _wake_on_child()
    try:
        program = subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True)
    except OSError as error:
        _tell(int(report), None, "start", str(error))
        return
    why = _wait(program, ended, float(seconds))
    if why != "done":
        _signal(program, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            program.wait(timeout=GRACE_S)
    _signal(program, signal.SIGKILL)  # also what a finished program left running
    _tell(int(report), program.wait(), why, "")


def _wake_on_child() -> int:
    """Return a descriptor that becomes readable when a child ends."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    return reading


def _wait(program: subprocess.Popen[bytes], ended: int, left: float) -> str:
    parent = sys.stdin.fileno()
    while program.poll() is None:
        if left <= 0:
            return "time"
        began = time.monotonic()
        ready, _, _ = select.select([ended, parent], [], [], min(left, STEP_S))
        left -= min(time.monotonic() - began, 2 * STEP_S)
        if ended in ready:
            os.read(ended, 4096)
        if parent in ready and not os.read(parent, 4096):
            return "parent"
    return "done"


def _signal(program: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(program.pid, number)


def _tell(report: int, code: int | None, why: str, error: str) -> None:
    with suppress(OSError):
        os.write(report, json.dumps({"code": code, "why": why, "error": error}).encode())


if __name__ == "__main__":
    main()
