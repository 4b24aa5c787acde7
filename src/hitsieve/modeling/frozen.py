"""The frozen test set of a model: compounds no version of it may ever learn from.

It is the test part of the first version that became champion, kept beside the versions. Later
trainings of that name hold its compounds out, and promotion judges every version on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hitsieve.assays.splits import Split
from hitsieve.chem.identity import stereo_free_key
from hitsieve.chem.tautomers import tautomer_free_key
from hitsieve.errors import StorageError
from hitsieve.registry.contents import TRAINING_SCHEMA
from hitsieve.store.files import write_parquet_atomic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hitsieve.registry.contents import BundleContents

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


def freeze(folder: Path, contents: BundleContents) -> FrozenSet:
    """Keep a version's test part as the frozen set of its model, and return it.

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
    return _frozen(rows, tuple(contents.config.target_names))


def load_frozen(folder: Path) -> FrozenSet | None:
    """Return the frozen set of a model, or None if no version was promoted yet.

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
        raise StorageError(f"{path} cannot be read: {error}", cure="restore it") from None


def hold_out(
    split: Split, compound_ids: Sequence[str], smiles: Sequence[str], frozen: FrozenSet | None
) -> Split:
    """Move the compounds of the frozen set, and their twins, to the test part.

    Raises
    ------
    DatasetError
        If nothing is left to train on.
    """
    if frozen is None:
        return split
    held = frozen.holds(compound_ids, smiles)
    train, valid = split.train[~held[split.train]], split.valid[~held[split.valid]]
    test = np.union1d(split.test, np.flatnonzero(held))
    return Split(train, valid, test, method=split.method)


def _frozen(rows: pa.Table, targets: tuple[str, ...]) -> FrozenSet:
    values = np.array(rows["values"].to_pylist(), dtype=np.float64).reshape(-1, len(targets))
    exact = np.array(rows["relations"].to_pylist(), dtype=object).reshape(values.shape) == "="
    return FrozenSet(
        tuple(rows["compound_id"].to_pylist()),
        tuple(rows["smiles"].to_pylist()),
        targets,
        np.where(exact, values, np.nan),
    )
