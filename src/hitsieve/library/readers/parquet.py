"""Parquet inputs: plain columns only, streamed in small batches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from hitsieve.errors import InputError
from hitsieve.library.readers.columns import Columns, choose_columns
from hitsieve.library.readers.records import SourceRecord
from hitsieve.schema import Code
from hitsieve.store.reader import open_parquet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow.parquet as pq

    from hitsieve.library.config import FormatOptions

BATCH_ROWS: Final = 4096


# Damage shows as any of these, depending on the place it hits.
_DAMAGE: Final = (pa.ArrowException, OSError, ValueError, OverflowError)


def open_input(path: Path, name: str) -> pq.ParquetFile:
    """Open a Parquet file of plain columns.

    Raises
    ------
    InputError
        If it is no readable Parquet file, or has columns of an extension type.
    """
    try:
        return open_parquet(path)
    except _DAMAGE as error:
        raise InputError(
            f"{name}: not a readable Parquet file ({error})", cure="fetch or export it again"
        ) from None


def find_columns(schema: pa.Schema, options: FormatOptions, *, where: str) -> Columns:
    """Settle the columns and refuse a structure column that holds no text.

    Raises
    ------
    InputError
        If the structure column is absent, doubled, or of a type that is not text.
    """
    columns = choose_columns(schema.names, options, where=where)
    kind = schema.field(columns.smiles).type
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    tests = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_string_view,
        pa.types.is_binary,
        pa.types.is_large_binary,
        pa.types.is_binary_view,
        pa.types.is_fixed_size_binary,
        pa.types.is_null,
    )
    if not any(test(value) for test in tests):
        raise InputError(
            f"{where}: column {columns.names[columns.smiles]!r} is {kind}, not text; "
            f"the columns are {', '.join(map(repr, columns.names))}",
            cure="name the structure column with smiles_column",
        )
    return columns


def read_parquet(path: Path, file: str, options: FormatOptions) -> Iterator[SourceRecord]:
    """Yield one record a row.

    Raises
    ------
    InputError
        If the file cannot be opened, or a page in it is damaged; names the last good row.
    """
    source = open_input(path, file)
    columns = find_columns(source.schema_arrow, options, where=file)
    number = 0
    batches = source.iter_batches(batch_size=BATCH_ROWS, use_threads=False)
    while True:
        try:
            batch = next(batches, None)
            cells = [] if batch is None else [_cells(column) for column in batch.columns]
        except _DAMAGE as error:
            raise InputError(
                f"{file}: damaged after row {number:,} ({error})", cure="fetch the file again"
            ) from None
        if batch is None:
            return
        rows = zip(*cells, strict=True)
        for number, row in enumerate(rows, start=number + 1):  # noqa: B020 - goes on counting
            yield _record(row, file, number, columns)


def _cells(column: pa.Array) -> list[Any]:
    """Return a column as Python values; bytes where a text column holds no valid UTF-8."""
    cells: list[Any]
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    try:
        cells = column.to_pylist()
    except UnicodeDecodeError:
        cells = column.cast(pa.large_binary()).to_pylist()
    except (ValueError, OverflowError):  # a time that Python's calendar has no date for
        cells = column.cast(pa.int64()).to_pylist()
    return cells


def _record(row: tuple[Any, ...], file: str, number: int, columns: Columns) -> SourceRecord:
    value = row[columns.smiles]
    identifier = _text(row[columns.identifier]) if columns.identifier >= 0 else ""
    vendor = {name: _text(row[i]) for i, name in columns.vendor if row[i] is not None}
    if isinstance(value, bytes):
        try:
            value = value.decode("utf-8")
        except UnicodeDecodeError:
            return SourceRecord(
                file,
                number,
                value.decode("utf-8", "backslashreplace"),
                identifier,
                vendor,
                problem=Code.UNDECODABLE,
                message="the structure holds bytes that are not UTF-8; type it anew",
            )
    return SourceRecord(file, number, value, identifier, vendor)


def _text(value: object) -> str:
    """Write any cell as text: text as it is, numbers in full, nested values as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, list | dict):
        return json.dumps(value, default=_text, sort_keys=True, ensure_ascii=False)
    return str(value)
