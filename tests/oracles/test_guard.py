from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from hitsieve.oracles import guard

SCRIPT = Path(guard.__file__)


def _start(tmp_path: Path, seconds: float, *argv: str) -> tuple[subprocess.Popen[bytes], Path]:
    """Start the guard over a program; its report goes to a file."""
    report = tmp_path / "report"
    with report.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(SCRIPT), str(stream.fileno()), str(seconds), *argv],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[stream.fileno()],
        )
    return process, report


def _told(process: subprocess.Popen[bytes], report: Path) -> dict[str, Any]:
    # Not `communicate`: it closes the input, by which the guard knows that its parent is gone.
    process.wait(timeout=60)
    found: dict[str, Any] = json.loads(report.read_text())
    assert process.stdin is not None
    assert process.stdout is not None
    found["out"] = process.stdout.read()
    process.stdin.close()
    process.stdout.close()
    return found


def _python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-S", "-c", code)


def test_a_program_that_ends_is_reported(tmp_path: Path) -> None:
    told = _told(*_start(tmp_path, 30, *_python("print('hi'); raise SystemExit(3)")))
    assert told == {"code": 3, "why": "done", "error": "", "out": b"hi\n"}


def test_a_program_that_cannot_be_started_is_reported(tmp_path: Path) -> None:
    told = _told(*_start(tmp_path, 30, str(tmp_path / "absent")))
    assert (told["why"], told["code"]) == ("start", None)
    assert "absent" in told["error"]


def test_a_program_beyond_its_time_is_ended(tmp_path: Path) -> None:
    began = time.monotonic()
    told = _told(*_start(tmp_path, 0.3, *_python("import time; time.sleep(600)")))
    assert time.monotonic() - began < 60
    assert (told["why"], told["code"]) == ("time", -signal.SIGTERM)


def test_one_that_will_not_end_is_killed(tmp_path: Path) -> None:
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('deaf', flush=True); time.sleep(600)"
    )
    told = _told(*_start(tmp_path, 1.5, *_python(code)))
    assert (told["code"], told["why"], told["out"]) == (-signal.SIGKILL, "time", b"deaf\n")


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    process, report = _start(tmp_path, 600, *_python("import time; time.sleep(600)"))
    assert process.stdin is not None
    process.stdin.close()  # as when the parent dies, however it does
    assert process.wait(timeout=60) == 0
    assert json.loads(report.read_text())["why"] == "parent"
    assert process.stdout is not None
    process.stdout.close()


@pytest.mark.parametrize("seconds", [30.0, 0.5])
def test_nothing_that_a_program_started_is_left(tmp_path: Path, seconds: float) -> None:
    left = tmp_path / "left"
    wait = "" if seconds > 1 else "time.sleep(600)"
    code = (
        "import subprocess, sys, time; "
        "p = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(600)'], "
        "stdout=subprocess.DEVNULL); "
        f"open({str(left)!r}, 'w').write(str(p.pid)); {wait}"
    )
    told = _told(*_start(tmp_path, seconds, *_python(code)))
    assert told["why"] == ("done" if seconds > 1 else "time")
    pid = int(left.read_text())
    for _ in range(100):
        if not _alive(pid):
            return
        time.sleep(0.1)
    raise AssertionError(f"process {pid} was left behind")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A killed process that nobody has waited for is gone all the same.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
