"""Which compounds some supplier still lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hitsieve.library.library import Library
    from hitsieve.library.manifest import ReleaseEntry


def available(
    table: pa.Table, marks: pa.Table, releases: Iterable[ReleaseEntry]
) -> pa.BooleanArray:
    """Tell which compounds some supplier still lists.

    A compound is unavailable when each of its identifiers is marked. Identifiers belong to
    suppliers, and two may use the same: a mark speaks of those that came in its supplier's files.

    Parameters
    ----------
    table
        Columns compound_id, source_ids and source_records.
    marks
        WITHDRAWN rows.
    releases
        Of the library: whose file is which.
    """
    if not marks.num_rows:
        return pc.is_valid(table.column("compound_id")).combine_chunks()
    supplier_of = {name: entry.supplier for entry in releases for name in entry.files}
    gone: dict[str, set[tuple[str, str]]] = {}
    for row in marks.to_pylist():
        gone.setdefault(row["compound_id"], set()).add((row["supplier"], row["source_id"]))
    columns = (
        table.column(name).to_pylist() for name in ("compound_id", "source_ids", "source_records")
    )
    listed = []
    for key, names, places in zip(*columns, strict=True):
        lost = gone.get(key)
        listed.append(
            not lost
            or any(
                (supplier_of.get(place.rpartition("#")[0], ""), name) not in lost
                for name, place in zip(names, places, strict=True)
            )
        )
    return pa.array(listed, pa.bool_())


def availability(library: Library, table: pa.Table) -> pa.BooleanArray:
    """Tell which of a library's compounds, from any of its shards, some supplier still lists.

    Parameters
    ----------
    library
        The library they are of.
    table
        Columns compound_id, source_ids and source_records.
    """
    return available(table, library.withdrawn(), library.manifest.releases)
