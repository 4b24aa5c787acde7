"""What Ray does to the program that joins it, and how that is undone."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def keep_sigterm() -> Iterator[None]:
    """Put back, behind the block, what this program does at SIGTERM.

    Ray makes it an exit with code 15, and a screen that a scheduler stops would not end as
    resumable. A program without a handler of its own keeps Ray's, which stops a private cluster.
    """
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if callable(before) and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


def notices_to_stderr(worker: Any) -> None:  # noqa: ANN401 - a module of Ray
    """Send Ray's notices about lost workers and nodes to stderr.

    It prints them on stdout, where they would stand among a command's data.

    Parameters
    ----------
    worker
        Ray's module ``ray._private.worker``; one that prints in another way is left alone.
    """
    original = getattr(worker, "print_to_stdstream", None)
    if original is not None and getattr(original, "func", None) is not _tell:
        worker.print_to_stdstream = partial(_tell, original)


def _tell(
    original: Callable[..., None],
    data: dict[str, Any],
    *arguments: Any,  # noqa: ANN401 - Ray's own
    **options: Any,  # noqa: ANN401 - Ray's own
) -> None:
    original({**data, "is_err": True}, *arguments, **options)
