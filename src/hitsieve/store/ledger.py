"""The ledger of finished pieces: one commit record per piece, created exclusively.

A piece (a shard, a label, a member) is finished when its record stands under ``_commits/``.
Records hold nothing that differs between two runs of the same work: no times, hosts or
process ids. So a folder finished after a crash equals one finished without, byte for byte.
"""

from __future__ import annotations

import json
import re
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from hitsieve.errors import ChecksumError, InputError, NotFoundError
from hitsieve.provenance import sha256_file
from hitsieve.store.files import create_exclusive, json_bytes, temporary_of
from hitsieve.store.place import place

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

COMMITS: Final = "_commits"
STALE_AFTER_S: Final = 900.0
"""Age in seconds at which a temporary file's writer is taken for dead."""

_PART = re.compile(r"(?!\.)[^/\\\x00]+")


@dataclass(frozen=True, slots=True)
class Commit:
    """The record of one finished piece.

    Parameters
    ----------
    key
        Name of the piece; ``/`` separates folders, as in ``target=CDK2/model=m@1/shard-00000``.
    files
        SHA-256 of every file of the piece, by path relative to the ledger's root.
    rows
        Rows in the piece.
    fingerprint
        Of all that determines the content: inputs, settings, versions.
    extra
        Further JSON values, equal in every run.
    """

    key: str
    files: dict[str, str]
    rows: int
    fingerprint: str
    extra: dict[str, Any] = field(default_factory=dict)


class Ledger:
    """The commit records of one output folder.

    Parameters
    ----------
    root
        Output folder; records lie in ``root/_commits``.
    """

    def __init__(self, root: Path) -> None:
        self.root = place(root)
        self.folder = self.root / COMMITS

    def commit(self, commit: Commit) -> bool:
        """Record a piece as finished, unless it is already recorded.

        Write the piece's files first, under their final names.

        Returns
        -------
        bool
            True if this caller's record stands; False if another was first.

        Raises
        ------
        InputError
            If the key or a file's path could leave the folder.
        StorageError
            If the storage refuses.
        """
        for path in commit.files:
            _checked(path)
        return create_exclusive(self._record(commit.key), json_bytes(asdict(commit)))

    def get(self, key: str) -> Commit | None:
        """Return the record of a piece, or None while it is unfinished.

        Raises
        ------
        ChecksumError
            If the record exists and is no commit record.
        """
        return _read(self._record(key))

    def committed(self, fingerprint: str | None = None) -> dict[str, Commit]:
        """Return all records by key, sorted; with a fingerprint only those that bear it."""
        found: dict[str, Commit] = {}
        for path in sorted(self.folder.rglob("*.json")):
            if temporary_of(path.name) is None and (commit := _read(path)) is not None:
                found[commit.key] = commit
        return {
            key: found[key]
            for key in sorted(found)
            if fingerprint is None or found[key].fingerprint == fingerprint
        }

    def verify(self, key: str) -> None:
        """Compare every file of a piece with the checksum recorded for it.

        Raises
        ------
        NotFoundError
            If the piece is not committed.
        ChecksumError
            If a file is absent or differs.
        """
        commit = self.get(key)
        if commit is None:
            raise NotFoundError(f"{self.root}: {key!r} is not committed", cure="resume the run")
        for name, expected in sorted(commit.files.items()):
            path = self.root / _checked(name)
            found = sha256_file(path) if path.is_file() else "no file"
            if found != expected:
                raise ChecksumError(
                    f"{path}: {found[:12]} is not the recorded {expected[:12]}",
                    cure=f"delete {self._record(key)} and resume to make the piece again",
                )

    def sweep_temporaries(
        self, *, older_than_s: float = STALE_AFTER_S, finished: Iterable[str] = ()
    ) -> int:
        """Remove temporaries that dead writers left behind, and return how many.

        Taken are temporaries of committed files, of commit records that exist, and of the
        files named ``finished``; of others only those untouched for ``older_than_s`` seconds,
        because their writer may be alive.
        """
        done = set(finished)
        done |= {name for commit in self.committed().values() for name in commit.files}
        horizon = time.time() - older_than_s
        swept = 0
        for path in self.root.rglob(".*.tmp"):
            final = temporary_of(path.name)
            if final is None:
                continue
            target = path.with_name(final)
            recorded = target.is_relative_to(self.folder) and target.exists()
            with suppress(OSError):  # another sweep, or its own writer, was faster
                known = target.relative_to(self.root).as_posix() in done
                if recorded or known or path.stat().st_mtime < horizon:
                    path.unlink()
                    swept += 1
        return swept

    def _record(self, key: str) -> Path:
        return self.folder / f"{_checked(key)}.json"


def _checked(name: str) -> PurePosixPath:
    parts = name.split("/")
    if not all(_PART.fullmatch(part) for part in parts):
        raise InputError(
            f"{name!r} is no key or relative path", cure="quote names with layout.quote_name"
        )
    return PurePosixPath(name)


def _read(path: Path) -> Commit | None:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        return Commit(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise ChecksumError(
            f"{path} is no commit record: {error}",
            cure="something else wrote it; delete it and resume",
        ) from None
