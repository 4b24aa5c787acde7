"""Folders that never change: every byte is covered by ``SHA256SUMS``."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hitsieve.errors import ChecksumError, NotFoundError, StorageError
from hitsieve.provenance import sha256_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SUMS: Final = "SHA256SUMS"
_SUM_LINE: Final = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9._-]+)")
_RESTORE: Final = "restore the folder from a copy, or train the model again"


def write_sealed(folder: Path, files: Mapping[str, bytes]) -> str:
    """Write a folder with its checksums and return its identity, the SHA-256 of them.

    The files are written to a temporary folder beside ``folder``, flushed to the disk, and
    renamed into place, so that a reader sees all of it or none.

    Raises
    ------
    FileExistsError
        If ``folder`` exists already: it is immutable.
    StorageError
        If the storage is full or read-only.
    """
    sums = render_sums({name: sha256_bytes(data) for name, data in files.items()})
    with _storage_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=folder.parent))
        try:
            for name, data in {**files, SUMS: sums}.items():
                _write_synced(staging / name, data)
            staging.chmod(0o755)
            _sync_folder(staging)
            _rename_new(staging, folder)
            _sync_folder(folder.parent)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return sha256_bytes(sums)


def read_sealed(folder: Path, names: Sequence[str]) -> dict[str, bytes]:
    """Read a folder of exactly the files ``names`` and its checksums; refuse any other.

    The bytes that are hashed are the bytes that are returned: a file cannot be exchanged between
    the check and the use.

    Raises
    ------
    NotFoundError
        If there is no such folder.
    ChecksumError
        Names the file that was changed, added or removed.
    """
    if not folder.is_dir():
        raise NotFoundError(f"no model bundle at {folder}", cure="`hitsieve models list`")
    present = {entry.name: entry for entry in folder.iterdir()}
    if SUMS not in present:
        raise ChecksumError(f"{folder}: {SUMS} is missing", cure=_RESTORE)
    raw = {SUMS: present.pop(SUMS).read_bytes()}
    sums = _parse_sums(raw[SUMS], folder, names)
    for name in sorted(set(sums) | set(present)):
        if name not in present:
            raise ChecksumError(f"{folder}: {name} is missing", cure=_RESTORE)
        if name not in sums or not present[name].is_file() or present[name].is_symlink():
            raise ChecksumError(f"{folder}: {name} does not belong to this bundle", cure=_RESTORE)
        raw[name] = present[name].read_bytes()
        found = sha256_bytes(raw[name])
        if found != sums[name]:
            raise ChecksumError(
                f"{folder}: {name} was changed: sha256 {found[:16]}…, recorded {sums[name][:16]}…",
                cure=_RESTORE,
            )
    return raw


def render_sums(sums: dict[str, str]) -> bytes:
    """Return the text of ``SHA256SUMS`` for a mapping of file name to checksum.

    Examples
    --------
    >>> render_sums({"b": "f" * 64, "a": "0" * 64}).decode().splitlines()[0][-4:]
    '0  a'
    """
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())).encode()


def _parse_sums(raw: bytes, folder: Path, names: Sequence[str]) -> dict[str, str]:
    lines = raw.decode("ascii", errors="replace").splitlines()
    matches = [_SUM_LINE.fullmatch(line) for line in lines]
    sums = {match[2]: match[1] for match in matches if match}
    if render_sums(sums) != raw or sorted(sums) != sorted(names):
        raise ChecksumError(f"{folder}: {SUMS} was changed", cure=_RESTORE)
    return sums


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _rename_new(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError as error:
        if target.exists():
            raise FileExistsError(f"{target} exists, and bundles are immutable") from error
        raise


@contextmanager
def _storage_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        raise StorageError(
            f"cannot write the bundle {folder}: {error.strerror or error}",
            cure="free space or choose a writable registry; nothing was left half-written",
        ) from error
