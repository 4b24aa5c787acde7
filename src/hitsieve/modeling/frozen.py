"""The frozen test set of a model: compounds no version of it may ever learn from.

It is the test part of the first version that became champion, kept beside the versions. Later
trainings of that name hold its compounds out, and promotion judges every version on it. Its
SHA-256 stands in the champion's record, so that neither a lost nor a changed set goes unnoticed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hitsieve.assays.splits import Split
from hitsieve.assays.twins import twin_groups
from hitsieve.chem.identity import stereo_free_key
from hitsieve.chem.tautomers import tautomer_free_key
from hitsieve.errors import ChecksumError, NotFoundError, StorageError
from hitsieve.provenance import sha256_file
from hitsieve.registry.bundle import read_bundle
from hitsieve.registry.contents import TRAINING_SCHEMA
from hitsieve.store.files import write_parquet_atomic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hitsieve.registry.contents import BundleContents
    from hitsieve.registry.registry import Registry

FILE: Final = "frozen.parquet"
_TARGETS: Final = "targets"


@dataclass(frozen=True, slots=True)
class FrozenSet:
    """k compounds with their measured values.

    Parameters
    ----------
    compound_ids, smiles
        (k,) who they are.
    targets
        (T,) what was measured.
    y
        float64 (k, T): exact values; NaN where not measured, or a bound only.
    """

    compound_ids: tuple[str, ...]
    smiles: tuple[str, ...]
    targets: tuple[str, ...]
    y: np.ndarray

    def __len__(self) -> int:
        return len(self.compound_ids)

    def truth(self, target: str) -> np.ndarray:
        """Return float64 (k,): the exact values of a target, all NaN if it was not measured."""
        if target not in self.targets:
            return np.full(len(self), np.nan)
        column: np.ndarray = self.y[:, self.targets.index(target)]
        return column

    @property
    def keys(self) -> frozenset[str]:
        """Stereo-free and tautomer-free keys of all compounds."""
        stereo = {stereo_free_key(text) for text in self.compound_ids}
        return frozenset(stereo | {tautomer_free_key(text) for text in self.smiles})

    def holds(self, compound_ids: Sequence[str], smiles: Sequence[str]) -> np.ndarray:
        """Tell which compounds are in the set in any stereochemical or tautomeric form."""
        keys = self.keys
        return np.array(
            [
                stereo_free_key(one) in keys or tautomer_free_key(two) in keys
                for one, two in zip(compound_ids, smiles, strict=True)
            ],
            dtype=np.bool_,
        )


def own_test_part(contents: BundleContents) -> FrozenSet:
    """Return a version's own test part: what its model would be frozen on."""
    table = contents.training
    rows = table.filter(pc.equal(table["part"], "test")).cast(TRAINING_SCHEMA)
    return _frozen(rows, tuple(contents.config.target_names))


def freeze(folder: Path, contents: BundleContents) -> str:
    """Keep a version's test part as the frozen set of its model; return the file's SHA-256.

    Parameters
    ----------
    folder
        The model's folder, with the versions in it.
    contents
        Of the version.
    """
    table = contents.training
    rows = table.filter(pc.equal(table["part"], "test")).cast(TRAINING_SCHEMA)
    named = {_TARGETS: "\n".join(contents.config.target_names)}
    write_parquet_atomic(folder / FILE, rows, named)
    return sha256_file(folder / FILE)


def refreeze(registry: Registry, name: str) -> bool:
    """Write a lost or changed frozen set anew, from the bundle of the first champion.

    Returns
    -------
    bool
        Whether the file is, byte for byte, the one that was recorded. Another version of pyarrow
        writes the same compounds in other bytes; the log of the champion then tells of both.

    Raises
    ------
    NotFoundError
        If the model has no champion, or its first champion is gone.
    ChecksumError
        If the bundle of the first champion was changed.
    """
    book = registry.alias(name)
    if not book.history:
        raise NotFoundError(
            f"{name} has no champion, and so no frozen test set",
            cure="the first version that is promoted freezes its test part",
        )
    with registry.changing(name):
        former = book.frozen
        first = registry.find(f"{name}@{book.history[0]}")
        digest = freeze(
            first.folder.parent, read_bundle(first.folder, check_chemistry=False).contents
        )
        same = former in {"", digest}
        event = f"frozen test set written anew from version {first.version}"
        told = event if same else f"{event}: sha256 was {former}, is {digest}"
        book.rename(book.history, told, frozen=digest)
    return same


def load_frozen(folder: Path) -> FrozenSet | None:
    """Return the frozen set of a model as it lies there, or None if there is none.

    Raises
    ------
    StorageError
        If the file cannot be read.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        file = pq.ParquetFile(path)
        targets = (file.schema_arrow.metadata or {})[_TARGETS.encode()].decode().split("\n")
        return _frozen(file.read().cast(TRAINING_SCHEMA), tuple(targets))
    except (pa.ArrowInvalid, KeyError, OSError, ValueError) as error:
        raise StorageError(f"{path} cannot be read: {error}", cure=_restore(folder.name)) from None


def verified_frozen(registry: Registry, name: str) -> FrozenSet | None:
    """Return the frozen set of a model if it is the one that was recorded.

    Sets that were frozen before checksums were kept are taken as they lie.

    Returns
    -------
    FrozenSet or None
        None where no version was promoted yet.

    Raises
    ------
    ChecksumError
        If there is a champion and its frozen set is missing or was changed.
    StorageError
        If the file cannot be read.
    """
    book = registry.alias(name)
    path = registry.root / name / FILE
    if not path.exists():
        if not book.history:
            return None
        raise ChecksumError(
            f"the frozen test set {path} is missing, and {name} has a champion that was judged "
            "on it",
            cure=_restore(name),
        )
    recorded = book.frozen
    if recorded and (found := sha256_file(path)) != recorded:
        raise ChecksumError(
            f"the frozen test set {path} was changed: sha256 {found[:16]}…, recorded "
            f"{recorded[:16]}…",
            cure=_restore(name),
        )
    return load_frozen(path.parent)


def hold_out(
    split: Split, compound_ids: Sequence[str], smiles: Sequence[str], frozen: FrozenSet | None
) -> Split:
    """Move the compounds of the frozen set, and the twins of each, to the test part.

    A twin of a twin goes with them: else it would stay behind as a twin of the test part.

    Raises
    ------
    DatasetError
        If nothing is left to train on.
    """
    if frozen is None:
        return split
    groups = twin_groups(compound_ids, smiles)
    held = np.isin(groups, groups[frozen.holds(compound_ids, smiles)])
    train, valid, out = (p[~held[p]] for p in (split.train, split.valid, split.left_out))
    test = np.union1d(split.test, np.flatnonzero(held))
    return Split(train, valid, test, method=split.method, left_out=out)


def _restore(name: str) -> str:
    return (
        "restore it from a copy, or write it anew from the bundle of the first champion: "
        f"hitsieve models refreeze {name}"
    )


def _frozen(rows: pa.Table, targets: tuple[str, ...]) -> FrozenSet:
    values = np.array(rows["values"].to_pylist(), dtype=np.float64).reshape(-1, len(targets))
    exact = np.array(rows["relations"].to_pylist(), dtype=object).reshape(values.shape) == "="
    return FrozenSet(
        tuple(rows["compound_id"].to_pylist()),
        tuple(rows["smiles"].to_pylist()),
        targets,
        np.where(exact, values, np.nan),
    )
