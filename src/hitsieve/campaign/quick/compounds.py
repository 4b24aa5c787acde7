"""What quick surrogates read of a compound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from hitsieve.errors import DatasetError
from hitsieve.graphs.buffers import join_fixed
from hitsieve.library import Library
from hitsieve.schema.tables import DESCRIPTORS
from hitsieve.scoring.batch import BATCH_COLUMNS, CompoundBatch
from hitsieve.scoring.inputs import Inputs

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

Need = Literal["bits", "counts", "graphs"]
"""What a kind of surrogate reads: packed columns, SMILES, or packed graphs."""

_PROPERTIES: Final = tuple(column.name for column in DESCRIPTORS)
_MORGAN_BYTES: Final = 256


def columns_for(needs: Collection[Need]) -> list[str]:
    """Return the LIBRARY columns that are read."""
    columns = ["compound_id", "morgan", *_PROPERTIES]
    if "counts" in needs:
        columns.append("parent_smiles")
    if "graphs" in needs:
        columns += BATCH_COLUMNS
    return list(dict.fromkeys(columns))


@dataclass(frozen=True, slots=True)
class Compounds:
    """n compounds as surrogates read them.

    Attributes
    ----------
    ids
        Arrow strings (n,): structure keys.
    morgan
        uint8 (n, 256): packed Morgan fingerprints.
    properties
        float32 (n, D): the library's descriptors.
    inputs
        Counts and descriptors made from SMILES; None where no surrogate needs them.
    batch
        Packed graphs; None where no surrogate needs them.
    """

    ids: pa.ChunkedArray
    morgan: NDArray[np.uint8]
    properties: NDArray[np.float32]
    inputs: Inputs | None = None
    batch: CompoundBatch | None = None

    def __len__(self) -> int:
        return len(self.morgan)

    @classmethod
    def of(
        cls,
        table: pa.Table,
        needs: Collection[Need],
        inputs: Inputs | None = None,
        *,
        where: str = "library table",
    ) -> Compounds:
        """Read compounds from a LIBRARY table.

        Parameters
        ----------
        table
            With the columns of :func:`columns_for`.
        needs
            What the surrogates read.
        inputs
            Counts and descriptors, if they are at hand; computed from SMILES otherwise.
        where
            Named in errors.

        Raises
        ------
        SchemaError
            If a column is damaged.
        """
        if "counts" in needs and inputs is None:
            inputs = Inputs.from_smiles(table.column("parent_smiles").to_pylist())
        properties = [
            table.column(name).to_numpy(zero_copy_only=False).astype(np.float32)
            for name in _PROPERTIES
        ]
        return cls(
            table.column("compound_id"),
            join_fixed(table.column("morgan"), _MORGAN_BYTES, f"{where}, morgan"),
            np.stack(properties, axis=1) if properties else np.empty((0, 0), np.float32),
            inputs if "counts" in needs else None,
            CompoundBatch.from_library(table, where=where) if "graphs" in needs else None,
        )

    def places(self, ids: Sequence[str]) -> NDArray[np.int64]:
        """Return where some of them stand, int64 (k,)."""
        place = {name: row for row, name in enumerate(self.ids.to_pylist())}
        return np.array([place[name] for name in ids], dtype=np.int64)

    def take(self, rows: NDArray[np.integer[Any]]) -> Compounds:
        """Return the compounds at ``rows`` (k,), in that order."""
        places = np.asarray(rows, dtype=np.int64)
        return Compounds(
            self.ids.take(places),
            self.morgan[places],
            self.properties[places],
            None if self.inputs is None else self.inputs.take(places),
            None if self.batch is None else self.batch.take(places),
        )


def compounds_of(library: Path, ids: Sequence[str], needs: Collection[Need]) -> Compounds:
    """Read compounds of a library, sorted by structure key.

    Raises
    ------
    DatasetError
        If one of them is not in the library.
    """
    table = Library.open(library).lookup(ids, columns_for(needs))
    if table.column("compound_id").to_pylist() != sorted(ids):
        raise DatasetError(
            f"{len(ids) - table.num_rows} measured compounds are not in {library}",
            cure="use the library the campaign was begun with",
        )
    return Compounds.of(table, needs)
