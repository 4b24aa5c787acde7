"""However a command ends: a message with a cure, the right exit code, and no traceback."""

from __future__ import annotations

import errno
import io
import os
import shlex
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from hitsieve.cli.failures import GuardedGroup, resumable, show, write_log
from hitsieve.errors import (
    ChecksumError,
    ClusterError,
    ConfigError,
    HitsieveError,
    IncompleteError,
    InputError,
    RejectRateError,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def _app(body: Callable[[], None]) -> typer.Typer:
    app = typer.Typer(cls=GuardedGroup, pretty_exceptions_enable=False)

    @app.callback()
    def root() -> None: ...

    @app.command()
    def work() -> None:
        body()

    return app


def _raise(error: BaseException) -> Callable[[], None]:
    def body() -> None:
        raise error

    return body


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (ConfigError, 2),
        (InputError, 3),
        (RejectRateError, 4),
        (IncompleteError, 5),
        (ChecksumError, 6),
        (ClusterError, 7),
    ],
)
def test_an_error_raised_on_purpose_ends_with_its_code(
    kind: type[HitsieveError], code: int
) -> None:
    result = CliRunner().invoke(_app(_raise(kind("what is wrong", cure="what to do"))), ["work"])
    assert result.exit_code == code
    assert result.stdout == ""
    assert "what is wrong" in result.stderr
    assert "what to do" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_bug_writes_a_log_and_says_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HITSIEVE_LOG_DIR", str(tmp_path))
    result = CliRunner().invoke(_app(_raise(ZeroDivisionError("oops"))), ["work"])
    assert result.exit_code == 1
    assert "Traceback" not in result.stderr
    (log,) = tmp_path.glob("*.log")
    assert str(log) in result.stderr
    text = log.read_text()
    assert "ZeroDivisionError: oops" in text
    assert "Traceback" in text
    assert "rdkit: " in text


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (errno.ENAMETOOLONG, 3),
        (errno.ENOTDIR, 3),
        (errno.EACCES, 5),
        (errno.ENOSPC, 5),
    ],
)
def test_a_path_that_the_system_refuses_is_no_bug(
    reason: int, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HITSIEVE_LOG_DIR", str(tmp_path))
    error = OSError(reason, os.strerror(reason), "some/" + "x" * 5000)
    result = CliRunner().invoke(_app(_raise(error)), ["work"])
    assert result.exit_code == code
    assert f"{os.strerror(reason)}: some/xxx" in result.stderr
    assert len(result.stderr) < 1000
    assert "bug" not in result.stderr
    (log,) = tmp_path.glob("*.log")
    assert str(log) in result.stderr


def test_a_system_error_without_a_path_is_unexpected(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HITSIEVE_LOG_DIR", str(tmp_path))
    result = CliRunner().invoke(_app(_raise(OSError(errno.EIO, "oops"))), ["work"])
    assert result.exit_code == 1
    assert "This is a bug" in result.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_output_that_finds_no_room_is_no_bug() -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "hitsieve", "version"]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert result.returncode == 5
    told = result.stderr.decode()
    assert "cannot write all of the output: No space left on device" in told
    assert "bug" not in told
    assert "Exception ignored" not in told


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_lead_nowhere(closed: str) -> None:
    command = f"{shlex.quote(sys.executable)} -m hitsieve version {closed}"
    result = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False)
    assert result.returncode == 0
    assert b"bug" not in result.stderr
    assert bool(result.stdout) == (" >&-" not in f" {closed}")


def test_no_file_takes_the_place_of_a_closed_stream(tmp_path: Path) -> None:
    body = f"""
import os, sys
from hitsieve.cli.failures import open_standard_streams
open_standard_streams()
with open({str(tmp_path / "data")!r}, "wb") as file:
    assert file.fileno() > 2
    os.write(2, b"a library prints")
"""
    command = f"{shlex.quote(sys.executable)} -c {shlex.quote(body)} 2>&-"
    assert subprocess.run(["/bin/sh", "-c", command], check=False).returncode == 0
    assert (tmp_path / "data").read_bytes() == b""


def test_where_no_log_can_be_written_the_traceback_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("HITSIEVE_LOG_DIR", str(tmp_path / "file"))
    result = CliRunner().invoke(_app(_raise(ZeroDivisionError("oops"))), ["work"])
    assert result.exit_code == 1
    assert "no log could be written" in result.stderr
    assert "Traceback" in result.stderr


def test_only_its_owner_may_read_a_log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HITSIEVE_LOG_DIR", str(tmp_path))
    mode = stat.S_IMODE(write_log(ValueError("x")).stat().st_mode)
    assert mode == 0o600


def test_ctrl_c_without_anything_to_resume_ends_with_130() -> None:
    result = CliRunner().invoke(_app(_raise(KeyboardInterrupt())), ["work"])
    assert result.exit_code == 130
    assert "interrupted" in result.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_resumable_command_says_how_to_go_on(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setattr(sys, "argv", ["hitsieve", "screen", "run", "my library"])
    before = signal.getsignal(signal.SIGTERM)
    # Parallel test workers ignore Ctrl-C; a command line does not.
    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)

    def body() -> None:
        with resumable("the screen"):
            os.kill(os.getpid(), number)
            signal.sigtimedwait([], 5)  # the signal comes at the next instruction at the latest

    try:
        result = CliRunner().invoke(_app(body), ["work"])
    finally:
        signal.signal(signal.SIGINT, ignored)
    assert result.exit_code == 5
    assert "hitsieve screen run 'my library'" in result.stderr
    assert signal.getsignal(signal.SIGTERM) is before


def test_resumable_leaves_other_errors_alone() -> None:
    with pytest.raises(InputError), resumable("the screen"):
        raise InputError("x")


def test_a_usage_error_ends_with_2() -> None:
    result = CliRunner().invoke(_app(lambda: None), ["work", "--nonsense"])
    assert result.exit_code == 2
    assert "--nonsense" in result.stderr


def test_control_characters_of_a_message_are_made_visible(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show(InputError("a name \x1b[2J\nin two lines"))
    err = capsys.readouterr().err
    assert "\x1b" not in err
    assert "a name \\x1b[2J\nin two lines" in err


def test_a_panel_is_drawn_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    monkeypatch.setattr("sys.stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    show(ChecksumError("changed", cure="restore"))
    assert "checksum · exit code 6" in stream.getvalue()
    assert "╭" in stream.getvalue()
