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

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hitsieve.provenance import sha256_bytes
from hitsieve.registry.contents import FILES, BundleContents, decode, decode_config, encode
from hitsieve.registry.fingerprints import check_fingerprints
from hitsieve.registry.sealed import SUMS, read_sealed, render_sums, write_sealed

if TYPE_CHECKING:
    from hitsieve.registry.config import BundleConfig

__all__ = [
    "SUMS",
    "Bundle",
    "BundleHead",
    "read_bundle",
    "read_head",
    "render_sums",
    "verify_bundle",
    "write_bundle",
]


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


@dataclass(frozen=True, slots=True)
class BundleHead:
    """Which bundle it is and how it is set up; its weights stay on the disk.

    Parameters
    ----------
    digest
        Its identity: the SHA-256 of ``SHA256SUMS``.
    config
        Network, chemistry, targets and fingerprints.
    """

    digest: str
    config: BundleConfig


def write_bundle(folder: Path, contents: BundleContents) -> str:
    """Write a bundle and return its digest.

    A reader sees all of it or none.

    Raises
    ------
    FileExistsError
        If ``folder`` exists already: bundles are immutable.
    StorageError
        If the storage is full or read-only.
    """
    return write_sealed(folder, encode(contents))


def read_bundle(folder: Path | str, *, check_chemistry: bool = True) -> Bundle:
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
    folder = Path(folder)
    files = read_sealed(folder, FILES)
    contents = decode(files, where=str(folder))
    if check_chemistry:
        check_fingerprints(contents.config, where=str(folder))
    return Bundle(folder, sha256_bytes(files[SUMS]), contents)


def read_head(folder: Path) -> BundleHead:
    """Read what a plan needs of a bundle; every byte is verified, torch is not loaded.

    Raises
    ------
    NotFoundError
        If there is no bundle.
    ChecksumError
        Names the file that was changed, added or removed.
    FingerprintError
        Names what differs, both fingerprints and the cure.
    """
    files = read_sealed(folder, FILES)
    config = decode_config(files, where=str(folder))
    check_fingerprints(config, where=str(folder))
    return BundleHead(sha256_bytes(files[SUMS]), config)


def verify_bundle(folder: Path) -> str:
    """Verify every byte of a bundle without decoding it; return its digest.

    Raises
    ------
    NotFoundError
        If there is no bundle.
    ChecksumError
        Names the file that was changed, added or removed.
    """
    return sha256_bytes(read_sealed(folder, FILES)[SUMS])
