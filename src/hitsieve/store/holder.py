"""Who holds a lease: a process, told apart from all others, also from later ones of its number."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

_PROC: Final = Path("/proc")
_STATE, _START = 0, 19  # fields 3 and 22 of /proc/<pid>/stat, after the name
_DEAD: Final = frozenset("ZXx")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lease.

    Parameters
    ----------
    host
        Name of its machine, for people.
    machine
        Where its process number means something: this boot and these processes.
    pid, started
        Of its process; the start, in ticks since boot, tells apart processes that got the same
        number one after the other. Empty where a machine does not tell.
    since
        When it took the lease, ISO 8601.
    token
        Random: tells apart two leases of one process.
    released
        Whether it has ended its work.
    """

    host: str
    machine: str
    pid: int
    started: str
    since: str
    token: str
    released: bool = False

    @classmethod
    def here(cls) -> Self:
        """Return this process."""
        pid = os.getpid()
        now = datetime.now(UTC).isoformat(timespec="seconds")
        started = start_of(pid) or ""
        return cls(socket.gethostname(), _machine(), pid, started, now, secrets.token_hex(8))

    @property
    def is_local(self) -> bool:
        """Whether its process can be looked at from here."""
        return self.machine == _machine()


def start_of(pid: int) -> str | None:
    """Return when a process of this machine began, in ticks since boot; None if there is none.

    A process that has ended and is still in the table is none. Empty where a machine does not
    tell when a process began.
    """
    if not (_PROC / "self" / "stat").is_file():
        return "" if _answers(pid) else None
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the name before may hold blanks and brackets
    return None if fields[_STATE] in _DEAD else fields[_START]


def _answers(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is somebody else's
        return True
    return True


def _machine() -> str:
    """Name the processes that can be seen from here, across containers and restarts."""
    try:
        boot = (_PROC / "sys" / "kernel" / "random" / "boot_id").read_text(encoding="ascii")
        return f"{boot.strip()} {(_PROC / 'self' / 'ns' / 'pid').readlink()}"
    except OSError:
        return f"{sys.platform} {socket.gethostname()}"
