"""Writing files that are either whole or absent, whenever the process or the machine stops.

Every writer here writes a temporary neighbor, flushes it to the disk, renames it to its final
name and flushes the folder. A temporary is named ``.<final name>.<random token>.tmp``, so two
writers of one file never share it and a sweep knows which file it was meant to become.
"""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from hitsieve.errors import ChecksumError, StorageError
from hitsieve.provenance import sha256_file
from hitsieve.store.encoding import GENERAL
from hitsieve.store.place import RemotePath, place, uploaded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from hitsieve.store.encoding import Encoding

ROW_GROUP: Final = 32_768
"""Rows in a Parquet row group; fixed, so that equal tables make equal bytes."""

_TEMPORARY = re.compile(r"\.(?P<final>.+)\.[0-9a-f]{16}\.tmp")
_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}
_CURES = {
    errno.ENOSPC: "the disk is full: free some space, then run the same command again",
    errno.EDQUOT: "your disk quota is used up: free some space, then run the same command again",
    errno.EFBIG: "the file system or a limit (ulimit -f) refuses files of this size",
    errno.EROFS: "the file system is read-only: choose another output folder or remount it",
    errno.EACCES: "you may not write there: choose another output folder or change its rights",
    errno.EPERM: "you may not write there: choose another output folder or change its rights",
    errno.ENOTDIR: "a part of the path is a file: choose another output folder",
    errno.EEXIST: "a part of the path is a file: choose another output folder",
    errno.EISDIR: "there is a folder of that name: choose another name",
    errno.ENAMETOOLONG: "the name is too long for the file system: use shorter names",
    errno.EIO: "the storage reports a hardware or network error: check it",
    errno.ESTALE: "the network storage went away: mount it again",
    errno.ENOENT: "the folder or the temporary file vanished while it was written: "
    "check that nobody deletes the folder, then run the same command again",
}


@dataclass(frozen=True, slots=True)
class Written:
    """What a finished write left: the file's hexadecimal SHA-256 and its number of rows."""

    sha256: str
    rows: int


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn an :class:`OSError` of the block into a :class:`StorageError` naming ``path``."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        cure = _CURES.get(error.errno or 0, "check the storage, then run the same command again")
        raise StorageError(f"cannot write {path}: {reason}", cure=cure) from error


def make_folder(folder: Path) -> Path:
    """Create a folder and its parents where absent, and return it.

    Raises
    ------
    StorageError
        If the storage refuses.
    """
    with storage_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def temporary_of(name: str) -> str | None:
    """Return the final name a temporary file was meant to get, or None for any other file.

    Examples
    --------
    >>> temporary_of(".screen.json.0123456789abcdef.tmp")
    'screen.json'
    >>> temporary_of("screen.json") is None
    True
    """
    match = _TEMPORARY.fullmatch(name)
    return match["final"] if match else None


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; after the block it is flushed and renamed.

    If the block raises, the temporary is removed and ``path`` is as it was before.

    Raises
    ------
    StorageError
        If the storage refuses to write; any other exception of the block passes unchanged.
    """
    if not path.name:
        raise StorageError(f"cannot write {path}: it is a folder", cure=_CURES[errno.EISDIR])
    with storage_errors(path):
        if isinstance(path, RemotePath):
            with uploaded(path) as local:
                yield local
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _temporary(path)
        try:
            yield temporary
            _flush(temporary)
            temporary.replace(path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        _flush(path.parent)


def write_atomic(path: Path, data: bytes) -> None:
    """Write bytes so that ``path`` holds all of them or what it held before.

    Raises
    ------
    StorageError
        If the storage is full, read-only or gone.
    """
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def link_atomic(source: Path, target: Path, sha256: str) -> None:
    """Give a finished file a second place, without using space where the storage can do so.

    Raises
    ------
    ChecksumError
        If the file is not the one with this SHA-256.
    StorageError
        If the storage refuses.
    """
    # Renaming one link of a file onto another leaves both: a link made before is kept.
    if target.is_file() and sha256_file(target) == sha256:
        return
    if isinstance(source, RemotePath) and isinstance(target, RemotePath):
        _copy(source, target, sha256)
        return
    with atomic_path(target) as temporary:
        try:
            temporary.hardlink_to(source)
        except (OSError, TypeError):  # no hard links here, or from another storage
            with source.open("rb") as piece, temporary.open("wb") as copy:
                shutil.copyfileobj(piece, copy)
        if sha256_file(temporary) != sha256:
            raise ChecksumError(f"{source} was changed since it was written", cure="restore it")


def json_bytes(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """Return JSON for people and machines: sorted keys, two blanks of indent, final newline."""
    text = json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode()


def write_json_atomic(path: Path, value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Write a JSON value with :func:`write_atomic`; equal values make equal bytes."""
    write_atomic(path, json_bytes(value))


def create_exclusive(path: Path, data: bytes) -> bool:
    """Create ``path`` with all of ``data``, unless it exists.

    The bytes are on the disk before the name appears (a hard link to a finished temporary),
    so a reader never sees a part of them, and of many callers exactly one wins.

    Returns
    -------
    bool
        True for the one caller that created the file, False if it was there already.

    Raises
    ------
    StorageError
        If the storage refuses, or the file system has no hard links.
    """
    with storage_errors(path):
        if isinstance(path, RemotePath):
            return path.storage.create_exclusive(path.key, data)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _temporary(path)
        try:
            temporary.write_bytes(data)
            _flush(temporary)
            won = _link(temporary, path)
        except FileNotFoundError:
            # A sweep may take the temporary of a file that another writer just created.
            if not path.exists():
                raise
            won = False
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        _flush(path.parent)
    return won


def write_parquet_atomic(
    path: Path,
    table: pa.Table,
    metadata: Mapping[str, str] | None = None,
    encoding: Encoding = GENERAL,
) -> Written:
    """Write a table as Parquet; equal tables make equal bytes, however they are chunked.

    Parameters
    ----------
    path
        Final name; appears only when the file is whole.
    table
        Any Arrow table.
    metadata
        Further key-value pairs for the footer, such as the fingerprint of what made the table.
    encoding
        Compression and statistics.

    Returns
    -------
    Written
        The file's SHA-256 and number of rows.

    Raises
    ------
    StorageError
        If the storage refuses.
    """
    tags = {_text(k): _text(v) for k, v in (table.schema.metadata or {}).items()}
    tags |= metadata or {}
    plain = _one_chunk(table).replace_schema_metadata(dict(sorted(tags.items())))
    with atomic_path(path) as temporary:
        options = encoding.options(plain.schema.names)
        pq.write_table(plain, temporary, row_group_size=ROW_GROUP, **options)
        digest = sha256_file(temporary)
    return Written(digest, plain.num_rows)


def _copy(source: RemotePath, target: RemotePath, sha256: str) -> None:
    with storage_errors(place(target)):
        target.storage.copy(source.key, target.key)
        if sha256_file(place(target)) != sha256:
            target.unlink()
            raise ChecksumError(f"{source} was changed since it was written", cure="restore it")


def _one_chunk(table: pa.Table) -> pa.Table:
    # Page borders follow chunk borders, so chunks must not depend on the table's history.
    columns = [
        c.chunk(0) if c.num_chunks == 1 else pa.concat_arrays([pa.array([], c.type), *c.chunks])
        for c in table.columns
    ]
    return pa.Table.from_arrays(columns, schema=table.schema)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")


def _link(temporary: Path, path: Path) -> bool:
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno in _NO_HARD_LINKS:
            raise StorageError(
                f"cannot create {path} exclusively: its file system has no hard links",
                cure="choose an output folder on a file system with hard links",
            ) from error
        raise
    return True


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
