"""How many compounds the staged records hold, counted in memory that does not grow with them.

Shards are sized by their compounds, not by their records: a library joined from many vendors
lists one compound many times, and a shard's memory follows the graphs that are built for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from hitsieve.library.layout import BUCKETS, staged_path

if TYPE_CHECKING:
    from pathlib import Path

COUNTED_RECORDS: Final = 4_000_000


def distinct_compounds(
    root: Path, chunks: int, records: int, counted_records: int = COUNTED_RECORDS
) -> int:
    """Return the number of distinct compounds among staged records.

    It is exact up to ``counted_records``. Beyond, only so many of the hash's buckets are looked
    at that about this many records remain, and the count in them stands for all: with millions
    counted, the relative error is about one in a thousand.

    Parameters
    ----------
    root
        Folder of the library that is being built.
    chunks
        Number of staged chunks.
    records
        Staged records in them, duplicates included.
    counted_records
        About how many records may be held at once, 8 bytes each.
    """
    buckets = min(max(BUCKETS * counted_records // max(records, 1), 1), BUCKETS)
    found = [np.empty(0, np.uint64)]
    for index in range(chunks):
        with pa.memory_map(str(root / staged_path(index))) as source:
            table = pa.ipc.open_file(source).read_all()
            end = int(np.searchsorted(table.column("bucket").to_numpy(), buckets))
            # A copy, so that no mapping outlives this step.
            found.append(np.array(table.column("compound_hash").to_numpy()[:end]))
    return len(np.unique(np.concatenate(found))) * BUCKETS // buckets
