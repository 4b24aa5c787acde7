"""All scores of a screen in one file, for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from hitsieve.errors import UsageError, nearest
from hitsieve.schema import SCORES
from hitsieve.store.files import atomic_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hitsieve.screen.scores import Scores

SUFFIXES: Final = (".parquet", ".csv")
SCHEMA: Final = pa.schema(
    [
        pa.field("target", pa.string()),
        pa.field("model", pa.string()),
        *SCORES.schema,
        pa.field("quarantined", pa.string()),
    ]
)


def export_scores(
    scores: Sequence[Scores],
    path: Path,
    *,
    top: int | None = None,
    quarantined: Mapping[str, str] | None = None,
) -> int:
    """Write scores as one table with target and model in front; a shard at a time in memory.

    Its last column, ``quarantined``, tells what blocks the model; it is empty where nothing does.

    Parameters
    ----------
    scores
        What to write, in this order.
    path
        ``.parquet`` or ``.csv``; appears only when it is whole.
    top
        The best so many of each, best first; None for all, in order of the shards.
    quarantined
        What blocks models now, in words, by ``name@version``.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    UsageError
        If the suffix is another one.
    StorageError
        If the file cannot be written.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(
            f"cannot export scores as {Path(path).name!r}{nearest(suffix, SUFFIXES)}",
            cure=f"name a file that ends in one of {', '.join(SUFFIXES)}",
        )
    rows, told = 0, quarantined or {}
    with atomic_path(Path(path)) as temporary, _writer(temporary, suffix) as writer:
        for each in scores:
            for table in [each.top(top)] if top is not None else each.tables():
                writer.write_table(_named(each, table, told))
                rows += table.num_rows
    return rows


def _writer(path: Path, suffix: str) -> pq.ParquetWriter | pacsv.CSVWriter:
    if suffix == ".csv":
        return pacsv.CSVWriter(path, SCHEMA)
    return pq.ParquetWriter(path, SCHEMA, compression="zstd")


def _named(scores: Scores, table: pa.Table, quarantined: Mapping[str, str]) -> pa.Table:
    reference = scores.model.reference
    target, model, told = (
        pa.array([value] * table.num_rows, pa.string())
        for value in (scores.target.name, reference, quarantined.get(reference, ""))
    )
    columns = [table.column(name) for name in SCORES.names]
    return pa.table([target, model, *columns, told], schema=SCHEMA)
