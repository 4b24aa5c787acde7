"""Second stage, first half: a shard's records from all chunks, duplicates side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.library.layout import bucket_range, staged_path
from hitsieve.library.stage import STAGED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """What every task of the second stage has to know.

    Parameters
    ----------
    root
        Folder of the library.
    chunks, shards, rows
        Their numbers; rows are staged records.
    fingerprint
        Of inputs and settings.
    suffixes
        ``(file, record)`` of records whose identifier gets a suffix, because it names an
        earlier structure too.
    """

    root: Path
    chunks: int
    shards: int
    rows: int
    fingerprint: str
    suffixes: Mapping[tuple[str, int], str]


@dataclass(frozen=True, slots=True)
class Merged:
    """The staged records of one shard by compound.

    Parameters
    ----------
    records
        STAGED rows sorted by compound, and within one in source order.
    offsets
        Where each compound's records start, and the end: shape (compounds + 1,).
    """

    records: pa.Table
    offsets: NDArray[np.int64]

    @property
    def compounds(self) -> int:
        """Distinct compounds."""
        return len(self.offsets) - 1

    def first(self, name: str) -> pa.Array:
        """Return a column's value of each compound's first record."""
        return self.records.column(name).combine_chunks().take(pa.array(self.offsets[:-1]))

    def of(self, wanted: NDArray[np.bool_]) -> Merged:
        """Return some of the compounds, wanted bool (compounds,), with their records."""
        sizes = np.diff(self.offsets)
        records = self.records.filter(pa.array(np.repeat(wanted, sizes)))
        return Merged(records, np.concatenate([[0], np.cumsum(sizes[wanted])]).astype(np.int64))


def merge_shard(plan: ShardPlan, index: int) -> Merged:
    """Collect a shard's records from all chunks and bring duplicates together."""
    start, stop = bucket_range(index, plan.shards)
    pieces = [STAGED.empty_table()]
    for chunk in range(plan.chunks):
        with pa.memory_map(str(plan.root / staged_path(chunk))) as source:
            table = pa.ipc.open_file(source).read_all()
            low, high = np.searchsorted(table.column("bucket").to_numpy(), [start, stop])
            if high > low:
                # A copy, so that no mapping outlives this step.
                pieces.append(table.slice(low, high - low).take(pa.array(range(high - low))))
    records = _in_source_order(pa.concat_tables(pieces))
    keys = records.column("compound_id").to_numpy(zero_copy_only=False)
    borders = np.flatnonzero(keys[1:] != keys[:-1]) + 1 if len(keys) else np.empty(0, np.int64)
    ends = [len(keys)] if len(keys) else []
    offsets = np.concatenate([[0], borders, ends]).astype(np.int64)
    return Merged(_suffixed(records, plan.suffixes), offsets)


def _in_source_order(records: pa.Table) -> pa.Table:
    """Sort by compound; chunks come in source order, which breaks ties."""
    order = pa.array(np.arange(records.num_rows))
    keyed = records.append_column("order", order)
    keys = [("compound_id", "ascending"), ("order", "ascending")]
    return records.take(pc.sort_indices(keyed, sort_keys=keys))


def _suffixed(records: pa.Table, suffixes: Mapping[tuple[str, int], str]) -> pa.Table:
    if not suffixes:
        return records
    places = zip(
        records.column("file").to_pylist(), records.column("record").to_pylist(), strict=True
    )
    ids = records.column("source_id").to_pylist()
    named = [name + suffixes.get(place, "") for name, place in zip(ids, places, strict=True)]
    at = records.schema.get_field_index("source_id")
    return records.set_column(at, "source_id", pa.array(named, pa.string()))
