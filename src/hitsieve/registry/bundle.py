"""A model bundle: one folder that holds a model and everything needed to trust it.

===================== ==========================================================================
weights.safetensors   all members; tensor ``<param>`` of member 0 is named ``member0.<param>``
blend.safetensors     models beside the networks and the weights of all; empty if there are none
config.json           :class:`BundleConfig`: network, chemistry, targets, fingerprints
calibration.json      how a prediction becomes an interval or a probability
domain.safetensors    arrays of the applicability domain
training.parquet      the measured compounds with their values (``TRAINING_SCHEMA``)
golden.parquet        molecules with the predictions they must give (``GOLDEN_SCHEMA``)
baseline.safetensors  arrays of the fingerprint forest trained on the same split
card.json, card.md    what the model is for, how good it is, and where it ends
SHA256SUMS            a line for each file above, as ``sha256sum -c`` reads it
===================== ==========================================================================

A bundle never changes. Its identity is the SHA-256 of ``SHA256SUMS``, which stands for every
byte of every file. Nothing in it is a pickle.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hitsieve.errors import ChecksumError, NotFoundError, StorageError
from hitsieve.provenance import sha256_bytes
from hitsieve.registry.contents import FILES, BundleContents, decode, encode
from hitsieve.registry.fingerprints import check_fingerprints

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hitsieve.registry.config import BundleConfig

SUMS: Final = "SHA256SUMS"
_SUM_LINE: Final = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9._-]+)")


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle read from disk, every byte verified.

    Parameters
    ----------
    folder
        Where it lies.
    digest
        Its identity: the SHA-256 of ``SHA256SUMS``.
    contents
        What it holds.
    """

    folder: Path
    digest: str
    contents: BundleContents

    @property
    def config(self) -> BundleConfig:
        """Network, chemistry, targets and fingerprints."""
        return self.contents.config

    @property
    def name(self) -> str:
        """``name@version``, where the folder lies in a registry."""
        return f"{self.folder.parent.name}@{self.folder.name}"


def write_bundle(folder: Path, contents: BundleContents) -> str:
    """Write a bundle and return its digest.

    The files are written to a temporary folder beside ``folder``, flushed to the disk, and
    renamed into place, so that a reader sees all of it or none.

    Raises
    ------
    FileExistsError
        If ``folder`` exists already: bundles are immutable.
    StorageError
        If the storage is full or read-only.
    """
    files = encode(contents)
    sums = render_sums({name: sha256_bytes(data) for name, data in files.items()})
    files[SUMS] = sums
    with _storage_errors(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=folder.parent))
        try:
            for name, data in files.items():
                _write_synced(staging / name, data)
            staging.chmod(0o755)
            _sync_folder(staging)
            _rename_new(staging, folder)
            _sync_folder(folder.parent)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    return sha256_bytes(sums)


def read_bundle(folder: Path, *, check_chemistry: bool = True) -> Bundle:
    """Read a bundle; refuse it unless every byte is as it was written.

    Parameters
    ----------
    folder
        The bundle's folder.
    check_chemistry
        Also refuse a bundle whose standardizer, featurizer, vocabulary or network differs
        from the installed one. Only a viewer that makes no prediction may switch it off.

    Raises
    ------
    NotFoundError
        If there is no bundle.
    ChecksumError
        Names the file that was changed, added or removed.
    FingerprintError
        Names what differs, both fingerprints and the cure.
    """
    files = _read_verified(folder)
    contents = decode(files, where=str(folder))
    if check_chemistry:
        check_fingerprints(contents.config, where=str(folder))
    return Bundle(folder, sha256_bytes(files[SUMS]), contents)


def verify_bundle(folder: Path) -> str:
    """Verify every byte of a bundle without decoding it; return its digest.

    Raises
    ------
    NotFoundError
        If there is no bundle.
    ChecksumError
        Names the file that was changed, added or removed.
    """
    return sha256_bytes(_read_verified(folder)[SUMS])


def render_sums(sums: dict[str, str]) -> bytes:
    """Return the text of ``SHA256SUMS`` for a mapping of file name to checksum.

    Examples
    --------
    >>> render_sums({"b": "f" * 64, "a": "0" * 64}).decode().splitlines()[0][-4:]
    '0  a'
    """
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())).encode()


def _read_verified(folder: Path) -> dict[str, bytes]:
    # The bytes that are hashed are the bytes that are decoded: a file cannot be
    # exchanged between the check and the use.
    if not folder.is_dir():
        raise NotFoundError(f"no model bundle at {folder}", cure="`hitsieve models list`")
    present = {entry.name: entry for entry in folder.iterdir()}
    if SUMS not in present:
        raise ChecksumError(f"{folder}: {SUMS} is missing", cure=_RESTORE)
    raw = {SUMS: present.pop(SUMS).read_bytes()}
    sums = _parse_sums(raw[SUMS], folder)
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


_RESTORE: Final = "restore the folder from a copy, or train the model again"


def _parse_sums(raw: bytes, folder: Path) -> dict[str, str]:
    lines = raw.decode("ascii", errors="replace").splitlines()
    matches = [_SUM_LINE.fullmatch(line) for line in lines]
    sums = {match[2]: match[1] for match in matches if match}
    if render_sums(sums) != raw or tuple(sorted(sums)) != FILES:
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
