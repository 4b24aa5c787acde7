from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hitsieve.errors import InputError
from hitsieve.oracles.program import Ran, run_program

# Starts a child that ignores being asked to end, and tells both process ids.
STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "600"])
open(sys.argv[1] + ".part", "w").write(f"{os.getpid()} {child.pid}")
os.rename(sys.argv[1] + ".part", sys.argv[1])
time.sleep(600)
"""


def alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stream:  # noqa: PTH123 - a file of the kernel
            return stream.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pids: list[int]) -> bool:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if not any(alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def wait_for(path: Path) -> list[int]:
    until = time.monotonic() + 60
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.05)
    return [int(word) for word in path.read_text().split()]


def test_exit_code_output_and_last_words(tmp_path: Path) -> None:
    code = "import sys; print('out'); print('oh no', file=sys.stderr); sys.exit(3)"
    ran = run_program([sys.executable, "-c", code], tmp_path, {}, 60)
    assert (ran.code, ran.in_time, ran.last_words) == (3, True, "oh no")
    assert (tmp_path / "stdout").read_text() == "out\n"


def test_nothing_is_read_by_a_shell(tmp_path: Path) -> None:
    evil = "; touch evil; $(touch evil) `touch evil` > evil"
    run_program([sys.executable, "-c", "import sys; print(sys.argv[1])", evil], tmp_path, {}, 60)
    assert (tmp_path / "stdout").read_text() == f"{evil}\n"
    assert not (tmp_path / "evil").exists()


def test_folder_and_environment(tmp_path: Path) -> None:
    code = "import os; print(os.getcwd(), os.environ['OMP_NUM_THREADS'], os.environ['MINE'])"
    run_program([sys.executable, "-c", code], tmp_path, {"MINE": "x"}, 60)
    assert (tmp_path / "stdout").read_text() == f"{tmp_path} 1 x\n"


def test_a_signal_is_a_negative_code(tmp_path: Path) -> None:
    code = "import os; os.kill(os.getpid(), 11)"
    ran = run_program([sys.executable, "-c", code], tmp_path, {}, 60)
    assert (ran.code, ran.in_time) == (-signal.SIGSEGV, True)


@pytest.mark.parametrize(
    ("ran", "killed"),
    [
        (Ran(0, in_time=True, last_words=""), False),
        (Ran(1, in_time=True, last_words=""), False),
        (Ran(-signal.SIGSEGV, in_time=True, last_words=""), False),
        (Ran(-signal.SIGKILL, in_time=False, last_words=""), False),
        (Ran(-signal.SIGKILL, in_time=True, last_words=""), True),
        (Ran(-signal.SIGTERM, in_time=True, last_words=""), True),
        (Ran(None, in_time=False, last_words=""), True),
    ],
)
def test_who_kills_a_program_is_told_apart(ran: Ran, *, killed: bool) -> None:
    assert ran.killed is killed


def test_a_guard_that_is_killed_is_noticed(tmp_path: Path) -> None:
    code = "import os, time; os.kill(os.getppid(), 9); time.sleep(1)"
    ran = run_program([sys.executable, "-c", code], tmp_path, {}, 60)
    assert (ran.code, ran.killed) == (None, True)


def test_at_the_limit_the_whole_group_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    ran = run_program([sys.executable, "-c", STUBBORN, str(note)], tmp_path, {}, 3.0)
    assert (ran.code, ran.in_time) == (-signal.SIGKILL, False)
    assert gone(wait_for(note))


def test_time_in_which_all_were_stopped_does_not_count(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "import os, sys, time; part = sys.argv[1] + '.part'; "
        "open(part, 'w').write(str(os.getpid())); os.rename(part, sys.argv[1]); time.sleep(1)"
    )

    def stop() -> None:
        (program,) = wait_for(note)
        guard = int(Path(f"/proc/{program}/stat").read_text().rpartition(")")[2].split()[1])
        for number, pause in ((signal.SIGSTOP, 3.0), (signal.SIGCONT, 0.0)):
            os.kill(guard, number)
            os.kill(program, number)
            time.sleep(pause)

    stopping = threading.Thread(target=stop)
    stopping.start()
    ran = run_program([sys.executable, "-c", code, str(note)], tmp_path, {}, 2.5)
    stopping.join()
    assert (ran.code, ran.in_time) == (0, True)


def test_what_a_finished_program_left_running_is_killed(tmp_path: Path) -> None:
    code = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid)"
    ran = run_program([sys.executable, "-c", code], tmp_path, {}, 60)
    assert (ran.code, ran.in_time) == (0, True)
    assert gone([int((tmp_path / "stdout").read_text())])


def test_when_the_caller_is_killed_the_program_is_too(tmp_path: Path) -> None:
    note = tmp_path / "pids"
    caller = (
        "import sys, pathlib\nfrom hitsieve.oracles.program import run_program\n"
        "run_program([sys.executable, '-c', sys.argv[1], sys.argv[2]], "
        "pathlib.Path(sys.argv[3]), {}, 600)"
    )
    process = subprocess.Popen([sys.executable, "-c", caller, STUBBORN, str(note), str(tmp_path)])
    pids = wait_for(note)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert gone(pids)


def test_what_cannot_be_started_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'/nonexistent/dock' cannot be started"):
        run_program(["/nonexistent/dock"], tmp_path, {}, 60)
