"""Measurements that come as a Parquet file in LABELS form: what must hold before they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from hitsieve.errors import DatasetError
from hitsieve.schema import LABELS
from hitsieve.store.reader import refuse_extension_types

if TYPE_CHECKING:
    from pathlib import Path

RELATIONS: Final = {"<": -1, "=": 0, ">": 1}
"""What a relation says: the true value is below, equal, above."""


def read_label_table(path: Path) -> pa.Table:
    """Read a Parquet file in LABELS form, with whatever other columns it has.

    Raises
    ------
    DatasetError
        If it is no readable Parquet, lacks something that every row must tell, or holds a value
        that is no finite number or a relation that is none; names row and compound.
    SchemaError
        If a column of LABELS is missing or of another type.
    """
    refuse_extension_types(path)
    try:
        table = pq.ParquetFile(path).read()
    except (pa.ArrowInvalid, OSError) as error:
        raise DatasetError(f"{path} is not readable Parquet: {error}") from None
    LABELS.check(table.schema, where=str(path))
    check_rows(path, table)
    return table


def check_rows(path: Path, table: pa.Table) -> None:
    """Refuse a table of LABELS in which a row does not tell what every row must.

    Raises
    ------
    DatasetError
        As :func:`read_label_table`.
    """
    for column in LABELS.columns:
        if not column.nullable:
            _refuse(path, table, pc.is_null(table[column.name]), f"{column.name} is missing")
    finite = pc.fill_null(pc.is_finite(table["value"]), fill_value=True)
    _refuse(path, table, pc.invert(finite), "the value is no finite number", "value")
    known = pc.is_in(table["relation"], value_set=pa.array(list(RELATIONS)))
    told = f"the relation is none of {' '.join(RELATIONS)}"
    _refuse(path, table, pc.invert(known), told, "relation")


def _refuse(
    path: Path, table: pa.Table, wrong: pa.ChunkedArray, what: str, shown: str = ""
) -> None:
    places = pc.indices_nonzero(wrong)
    if not len(places):
        return
    row = places[0].as_py()
    compound = table["compound_id"][row].as_py()
    value = f": {table[shown][row].as_py()}" if shown else ""
    raise DatasetError(
        f"{path}: {what} in {len(places)} of {table.num_rows} rows, first in row {row + 1}"
        f"{f' ({compound})' if compound else ''}{value}",
        cure="correct these rows or leave them out; what was not measured has no value (null)",
    )
