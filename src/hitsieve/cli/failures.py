"""How a command ends when something is wrong: a panel with the cure, and an exit code.

======  =====================================================================
code    meaning
======  =====================================================================
0       done
1       unexpected: a bug; a log file holds the traceback
2       the request itself is wrong: flags or configuration
3       an input was refused
4       more records were refused than allowed
5       incomplete; running the same command again goes on from there
6       a model may not be used
7       the cluster cannot be reached or is unsafe
130     interrupted by Ctrl-C, with nothing to resume
======  =====================================================================
"""

from __future__ import annotations

import errno
import os
import shlex
import signal
import sys
import tempfile
import time
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import typer
from rich.panel import Panel
from rich.text import Text
from typer.core import TyperGroup

from hitsieve.cli.console import stderr, visible
from hitsieve.errors import HitsieveError, IncompleteError, InputError, StorageError, listed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

INTERRUPTED: Final = 130
_IMPOSSIBLE: Final = frozenset(
    {errno.ENAMETOOLONG, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.EINVAL}
)
"""Why the system refuses a path that can never be what was asked for."""
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class GuardedGroup(TyperGroup):
    """The root command group: turns every exception into a message and an exit code."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer's base class has private types here
        """Run the chosen command."""
        open_standard_streams()
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except HitsieveError as error:
            show(error)
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            stderr().print("interrupted", style="yellow")
            raise typer.Exit(INTERRUPTED) from None
        except (typer.Exit, typer.Abort, typer.TyperException):
            raise
        except BrokenPipeError:
            # The reader of a pipe has left, as `head` does: not an error.
            _forget_output()
            raise typer.Exit(0) from None
        except OSError as error:
            if error.filename is None and error.errno not in _NO_ROOM:
                show_unexpected(error)
                raise typer.Exit(1) from None
            if error.filename is None:
                _forget_output()
            refused = refused_path(error) if error.filename else _no_room(error)
            show(refused)
            raise typer.Exit(refused.exit_code) from None
        except Exception as error:  # noqa: BLE001 - the last line of defense
            show_unexpected(error)
            raise typer.Exit(1) from None
        return result


def show(error: HitsieveError) -> None:
    """Print an error raised on purpose, with its cure, on stderr."""
    body = Text(visible(error.message, keep="\n"))
    if error.cure:
        body.append("\n\n")
        body.append("cure  ", style="bold green")
        body.append(visible(error.cure, keep="\n"))
    title = f"{_words(type(error).__name__)} · exit code {error.exit_code}"
    console = stderr()
    if console.is_terminal:
        console.print(Panel(body, title=title, title_align="left", border_style="red"))
    else:
        # A panel would wrap long paths; a log wants whole lines.
        console.print(Text(f"{title}\n").append(body), soft_wrap=True)


def open_standard_streams() -> None:
    """Lead standard streams that the caller closed nowhere.

    The next file that is opened would take the place of a closed one, and whatever libraries print
    would go into that file.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            if getattr(sys, name) is None:
                setattr(sys, name, os.fdopen(number, mode, encoding="utf-8", closefd=False))


def _forget_output() -> None:
    """Lead what is still to be written nowhere: Python would complain when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _no_room(error: OSError) -> StorageError:
    return StorageError(
        f"cannot write all of the output: {os.strerror(error.errno or 0)}",
        cure="free some space where it goes, then run the same command again",
    )


def refused_path(error: OSError) -> HitsieveError:
    """Return what to say of a path that the system refuses, with a log of where it came up.

    Names that cannot be are wrong input; all else may be mended, and the command run again.
    """
    names = error.filename if error.filename2 is None else f"{error.filename}, {error.filename2}"
    reason = os.strerror(error.errno) if error.errno else str(error)
    try:
        where = f"; a log with the traceback is in {write_log(error)}"
    except OSError:
        where = ""
    kind = InputError if error.errno in _IMPOSSIBLE else StorageError
    return kind(
        f"{reason}: {listed([str(names)], longest=200)}",
        cure=f"check the path, its rights and the disk{where}",
    )


def show_unexpected(error: BaseException) -> None:
    """Write a log file with the traceback and say where it is."""
    try:
        where = f"a log with the traceback is in {write_log(error)}"
    except OSError as problem:
        traceback.print_exception(error)
        where = f"no log could be written ({problem}), so the traceback stands above"
    body = Text(visible(f"{type(error).__name__}: {error}", keep="\n"))
    body.append(f"\n\nThis is a bug in hitsieve; {where}.\nNothing that was committed is lost.")
    console = stderr()
    if console.is_terminal:
        console.print(Panel(body, title="unexpected error · exit code 1", border_style="red"))
    else:
        console.print(Text("unexpected error · exit code 1\n").append(body), soft_wrap=True)


def write_log(error: BaseException) -> Path:
    """Write the traceback, the command and the versions; return the file.

    The file goes to ``HITSIEVE_LOG_DIR``, else to the user's state folder, and only its owner
    may read it: a command line can name confidential files.
    """
    from hitsieve.provenance import versions

    home = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    folder = Path(os.environ.get("HITSIEVE_LOG_DIR") or Path(home) / "hitsieve" / "logs")
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(
        [
            f"command: {shlex.join(sys.argv)}\n",
            *(f"{name}: {version}\n" for name, version in versions().items()),
            "\n",
            *traceback.format_exception(error),
        ]
    )
    stamp = time.strftime("%Y%m%d-%H%M%S")
    handle, name = tempfile.mkstemp(prefix=f"{stamp}-", suffix=".log", dir=folder)  # mode 0600
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
    return Path(name)


@contextmanager
def resumable(what: str) -> Iterator[None]:
    """Say how to go on when the body is interrupted by Ctrl-C or SIGTERM.

    Raises
    ------
    IncompleteError
        Instead of KeyboardInterrupt: what was committed stays, the same command goes on.
    """
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except KeyboardInterrupt:
        raise IncompleteError(
            f"{what} was interrupted; what was finished is kept",
            cure=f"go on with: {again()}",
        ) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def again() -> str:
    """Return the command that is running, ready to be typed again."""
    return shlex.join(["hitsieve", *sys.argv[1:]])


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise KeyboardInterrupt


def _words(name: str) -> str:
    """``ModelRefusedError`` -> ``model refused``."""
    spaced = "".join(f" {c.lower()}" if c.isupper() else c for c in name)
    return spaced.strip().removesuffix(" error")
