"""Work that one process at a time does: a lease on a folder, which no dead holder keeps.

Commits make sure that of two drivers one wins; a lease makes sure that the other does not pay
for the same work meanwhile. It is a numbered file, ``000001.json``, created exclusively; the
highest number counts. Whoever takes over from a holder that is gone creates the next number,
which one of many can, so nothing is ever removed from under somebody.

A holder of the same machine is gone when its process is, known by number and start. One of
another machine is gone when its file, which it touches as long as it lives, was not touched for
five minutes by the clock of the storage.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import threading
import time
from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Final, Self

from hitsieve.errors import HitsieveError, IncompleteError
from hitsieve.store.files import create_exclusive, json_bytes, make_folder, write_atomic
from hitsieve.store.holder import Holder, start_of

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

BEAT_S: Final = 20.0
"""Seconds between two signs of life."""
GONE_AFTER_S: Final = 300.0
"""Seconds without one after which a holder on another machine is taken for dead."""
GRACE_S: Final = 2.0
"""Seconds a holder of this machine gets to end, if it was killed a moment ago."""

_NAME: Final = re.compile(r"(\d{6,})\.json")
_TRIES: Final = 100
_LOOK_S: Final = 0.02
_HELD_HERE: Final[set[str]] = set()
"""Tokens of the leases that this process holds."""


class Lease:
    """Holds a folder's lease while its body runs; a context manager, also inside itself.

    Parameters
    ----------
    folder
        Where its files are: a folder of their own.
    what
        What is worked on, named in errors.
    beat_s, gone_after_s
        See :data:`BEAT_S` and :data:`GONE_AFTER_S`; the same for all who share a folder.
    grace_s
        See :data:`GRACE_S`.
    """

    def __init__(
        self,
        folder: Path,
        what: str,
        *,
        beat_s: float = BEAT_S,
        gone_after_s: float = GONE_AFTER_S,
        grace_s: float = GRACE_S,
    ) -> None:
        self.folder = folder
        self._what = what
        self._beat_s = beat_s
        self._gone_after_s = gone_after_s
        self._grace_s = grace_s
        self._holder = Holder.here()
        self._number = 0
        self._depth = 0
        self._lost = False
        self._ended = threading.Event()

    def __enter__(self) -> Self:
        """Take the lease, unless this object holds it.

        Raises
        ------
        IncompleteError
            If somebody else holds it.
        StorageError
            If the storage refuses.
        """
        if not self._depth:
            make_folder(self.folder)
            self._holder = Holder.here()
            _HELD_HERE.add(self._holder.token)
            try:
                self._number = self._take()
            except BaseException:
                _HELD_HERE.discard(self._holder.token)
                raise
            self._lost = False
            self._ended = threading.Event()
            threading.Thread(target=self._beat, args=(self._ended,), daemon=True).start()
        self._depth += 1
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give it back where it was taken."""
        self._depth -= 1
        if self._depth:
            return
        self._ended.set()
        _HELD_HERE.discard(self._holder.token)
        if _newest(self.folder) == self._number:
            # Not told, it is found out: the process will be gone, or silent.
            with suppress(HitsieveError):
                record = replace(self._holder, released=True)
                write_atomic(self._path(self._number), json_bytes(asdict(record)))

    def check(self) -> None:
        """Make sure that nobody took the lease over while this process was silent.

        Raises
        ------
        IncompleteError
            If somebody did.
        """
        if self._lost:
            raise IncompleteError(
                f"{self._what} was taken over by another process while this one was silent",
                cure="let it work there; what was finished here is kept",
            )

    def _take(self) -> int:
        for _ in range(_TRIES):
            newest = _newest(self.folder)
            self._refuse_living(newest)
            record = json_bytes(asdict(self._holder))
            if not create_exclusive(self._path(newest + 1), record):
                continue
            # A number may be free because later ones have come and gone since: only the highest
            # counts, and it is never removed.
            if _newest(self.folder) == newest + 1:
                for old in _numbers(self.folder):
                    if old <= newest:
                        self._path(old).unlink(missing_ok=True)
                return newest + 1
            self._path(newest + 1).unlink(missing_ok=True)
        raise IncompleteError(
            f"{self._what}: too many processes begin with it at a time",
            cure="run the same command again",
        )

    def _refuse_living(self, number: int) -> None:
        found = _read(self._path(number)) if number else None
        if found is None or found.released:
            return
        # Of this process, and held no more: it was interrupted while it gave the lease back.
        if found.is_local and found.pid == os.getpid() and found.token not in _HELD_HERE:
            return
        if found.is_local:
            if _ends(found, self._grace_s):
                return
            cure = f"wait until it ends, or end it (kill {found.pid}); then run the command again"
            raise IncompleteError(f"{self._what} {self._held(found)}", cure=cure)
        silent = _age(self._path(number))
        if silent is None or silent > self._gone_after_s:
            return
        raise IncompleteError(
            f"{self._what} {self._held(found)}, last heard of {max(silent, 0):.0f} s ago",
            cure="wait until it ends, or end it there; if its machine is gone, the same command "
            f"goes on once nothing was heard of it for {self._gone_after_s:.0f} s",
        )

    def _held(self, holder: Holder) -> str:
        return (
            f"is being worked on by another process: {holder.pid} on {holder.host}, since "
            f"{holder.since}"
        )

    def _beat(self, ended: threading.Event) -> None:
        while not ended.wait(self._beat_s):
            with suppress(OSError):  # a storage that is away may come back
                if _newest(self.folder) > self._number:
                    self._lost = True
                    return
                os.utime(self._path(self._number))

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06d}.json"


def _ends(holder: Holder, within_s: float) -> bool:
    """Whether a process of this machine is gone, or goes soon.

    Whoever kills a holder and begins again at once must not be told that it lives: the system
    takes a moment to end a process.
    """
    until = time.monotonic() + (0.0 if holder.pid == os.getpid() else within_s)
    while start_of(holder.pid) == holder.started:
        if time.monotonic() >= until:
            return False
        time.sleep(_LOOK_S)
    return True


def _numbers(folder: Path) -> list[int]:
    if not folder.is_dir():  # what was worked on is finished, and the folder cleared away
        return []
    found = (_NAME.fullmatch(path.name) for path in folder.iterdir())
    return [int(match[1]) for match in found if match]


def _newest(folder: Path) -> int:
    return max(_numbers(folder), default=0)


def _read(path: Path) -> Holder | None:
    """Return who holds a lease; None if the file is gone or was damaged."""
    try:
        return Holder(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _age(path: Path) -> float | None:
    """Return the seconds since a file was touched, by the clock of its storage; None if gone."""
    probe = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    try:
        probe.touch()
        return probe.stat().st_mtime - path.stat().st_mtime
    except OSError:
        return None
    finally:
        with suppress(OSError):
            probe.unlink()
