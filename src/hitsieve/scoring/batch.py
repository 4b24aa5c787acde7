"""Compounds as a scorer takes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import pyarrow as pa

from hitsieve.chem.codes import mol_codes
from hitsieve.chem.features import parse_known
from hitsieve.chem.fingerprints import morgan_bytes
from hitsieve.errors import SchemaError
from hitsieve.graphs.buffers import join_fixed
from hitsieve.graphs.packed import GRAPH_COLUMNS, PackedGraphs, concat

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from numpy.typing import NDArray

BATCH_COLUMNS: Final = ("compound_id", "parent_smiles", *GRAPH_COLUMNS, "morgan")
"""The columns of a LIBRARY table that scoring reads."""

_MORGAN_BYTES: Final = 256

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CompoundBatch:
    """n compounds.

    Attributes
    ----------
    compound_ids
        Arrow strings (n,): structure keys.
    smiles
        Arrow strings (n,): what is scored, the parent's SMILES.
    graphs
        Their packed graphs.
    morgan
        uint8 (n, 256): Morgan fingerprints, radius 2, 2048 bits, packed.

    What several models derive from a batch is kept with it, see :meth:`once`.
    """

    compound_ids: pa.StringArray
    smiles: pa.StringArray
    graphs: PackedGraphs
    morgan: NDArray[np.uint8]
    _kept: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        sizes = {
            "compound_ids": len(self.compound_ids),
            "smiles": len(self.smiles),
            "graphs": len(self.graphs),
            "morgan": len(self.morgan),
        }
        if len(set(sizes.values())) != 1:
            raise SchemaError(f"a batch whose parts differ in length: {sizes}")

    def __len__(self) -> int:
        return len(self.compound_ids)

    @classmethod
    def from_library(cls, table: pa.Table, *, where: str = "library table") -> CompoundBatch:
        """Read a batch from a LIBRARY table, without a loop over compounds.

        Raises
        ------
        SchemaError
            If a column of :data:`BATCH_COLUMNS` is missing or its content is inconsistent.
        """
        missing = [name for name in BATCH_COLUMNS if name not in table.schema.names]
        if missing:
            raise SchemaError(f"{where}: no columns {missing}, which scoring reads")
        return cls(
            _texts(table.column("compound_id")),
            _texts(table.column("parent_smiles")),
            PackedGraphs.from_table(table, where=where),
            join_fixed(table.column("morgan"), _MORGAN_BYTES, f"{where}, morgan"),
        )

    @classmethod
    def from_smiles(
        cls, smiles: Sequence[str], compound_ids: Sequence[str] | None = None
    ) -> CompoundBatch:
        """Featurize standardized SMILES, in order.

        Parameters
        ----------
        smiles
            Standardized parent SMILES.
        compound_ids
            Their keys; the places 0, 1, 2, ... if not given.

        Raises
        ------
        ValueError
            If a SMILES cannot be read; the message holds it.
        """
        mols = [parse_known(text) for text in smiles]
        ids = [str(place) for place in range(len(smiles))] if compound_ids is None else compound_ids
        bits = np.frombuffer(b"".join(map(morgan_bytes, mols)), dtype=np.uint8)
        return cls(
            pa.array(list(ids), pa.string()),
            pa.array(list(smiles), pa.string()),
            PackedGraphs.from_codes(map(mol_codes, mols)),
            bits.reshape(-1, _MORGAN_BYTES),
        )

    def once(self, question: Hashable, answer: Callable[[], T]) -> T:
        """Return what ``answer()`` gives, computed for the first who asks and kept for others.

        Parameters
        ----------
        question
            Names what is asked, with all that the answer depends on beside this batch.
        answer
            Computes it.
        """
        if question not in self._kept:
            self._kept[question] = answer()
        kept: T = self._kept[question]
        return kept

    def take(self, indices: NDArray[Any]) -> CompoundBatch:
        """Return the compounds at ``indices`` (int (k,)), in that order."""
        chosen = np.asarray(indices, dtype=np.int64)
        places = pa.array(chosen)
        return CompoundBatch(
            self.compound_ids.take(places),
            self.smiles.take(places),
            self.graphs.take(chosen),
            self.morgan[chosen],
        )


def join_batches(batches: Sequence[CompoundBatch]) -> CompoundBatch:
    """Return the compounds of one or more batches as one, in order."""
    return CompoundBatch(
        pa.concat_arrays([batch.compound_ids for batch in batches]),
        pa.concat_arrays([batch.smiles for batch in batches]),
        concat([batch.graphs for batch in batches]),
        np.concatenate([batch.morgan for batch in batches]),
    )


def _texts(column: pa.ChunkedArray) -> pa.StringArray:
    joined = column.combine_chunks()
    if isinstance(joined, pa.ChunkedArray):  # pyarrow keeps an empty column chunked
        joined = pa.concat_arrays([pa.array([], column.type), *joined.chunks])
    return joined if joined.type == pa.string() else joined.cast(pa.string())
