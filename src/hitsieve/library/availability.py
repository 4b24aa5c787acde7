"""Which compounds some supplier still lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from hitsieve.library.library import Library


def available(table: pa.Table, marks: pa.Table) -> pa.BooleanArray:
    """Tell which compounds some supplier still lists.

    A compound is unavailable when each of its identifiers is marked.

    Parameters
    ----------
    table
        Columns compound_id and source_ids.
    marks
        WITHDRAWN rows.
    """
    if not marks.num_rows:
        return pc.is_valid(table.column("compound_id")).combine_chunks()
    gone: dict[str, set[str]] = {}
    for row in marks.to_pylist():
        gone.setdefault(row["compound_id"], set()).add(row["source_id"])
    ids, sources = (table.column(name).to_pylist() for name in ("compound_id", "source_ids"))
    listed = [
        bool(set(names) - gone.get(key, set())) for key, names in zip(ids, sources, strict=True)
    ]
    return pa.array(listed, pa.bool_())


def availability(library: Library, table: pa.Table) -> pa.BooleanArray:
    """Tell which of a library's compounds, from any of its shards, some supplier still lists.

    Parameters
    ----------
    library
        The library they are of.
    table
        Columns compound_id and source_ids.
    """
    return available(table, library.withdrawn())
