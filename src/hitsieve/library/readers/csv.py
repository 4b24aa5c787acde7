"""Delimited text with column names: comma, tab, semicolon or bar.

Rows are not split by a table library: a row with a field too many must not shift its neighbors,
and a quote that is never closed must not swallow the rows behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from hitsieve.delimited import LINES_A_FIELD, BrokenRow, split_rows
from hitsieve.errors import InputError
from hitsieve.library.readers.columns import Columns, choose_columns, find_smiles, normal
from hitsieve.library.readers.lines import SpoiledLine, decode, is_clean, readable
from hitsieve.library.readers.records import SourceRecord
from hitsieve.schema import Code
from hitsieve.store.spreadsheet import restore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hitsieve.library.config import FormatOptions

DELIMITERS: Final = (",", "\t", ";", "|")


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of one file are laid out."""

    delimiter: str
    columns: Columns
    has_header: bool


def find_layout(
    lines: Iterable[bytes | SpoiledLine], options: FormatOptions, *, where: str, tabs: bool = False
) -> Layout:
    """Find delimiter, header and columns from the first row.

    Raises
    ------
    InputError
        If the first row cannot be read, or names no structure column, or names one twice.
    """
    head = list(islice(lines, LINES_A_FIELD))
    marks = (options.delimiter,) if options.delimiter else DELIMITERS
    # A stable sort: the usual delimiter of the format wins where several fit alike.
    ranked = sorted(
        (_first_row(head, mark) for mark in marks),
        key=lambda row: (_fitness(row.names, options), tabs and row.mark == "\t"),
        reverse=True,
    )
    best = ranked[0]
    if best.problem:
        raise InputError(
            f"{where}: the first row cannot be read: {best.problem}",
            cure="correct the first row, or export the file again",
        )
    names = best.names
    if options.header is False:
        names = [str(i + 1) for i in range(len(names))]
    columns = choose_columns(names, options, where=where)
    return Layout(best.mark, columns, has_header=options.header is not False)


@dataclass(frozen=True, slots=True)
class _FirstRow:
    mark: str
    names: list[str]
    problem: str = ""


def _first_row(head: list[bytes | SpoiledLine], mark: str) -> _FirstRow:
    row = next(split_rows(_texts(head), mark), None)
    if row is None:
        return _FirstRow(mark, [], "it holds no rows")
    if isinstance(row, SpoiledLine):
        return _FirstRow(mark, [], row.message)
    if isinstance(row, BrokenRow):
        return _FirstRow(mark, [], row.reason)
    return _FirstRow(mark, [readable(field) for field in row])


def _fitness(names: list[str], options: FormatOptions) -> tuple[bool, int]:
    if options.smiles_column is None:
        return find_smiles(names) >= 0, len(names)
    return normal(options.smiles_column) in map(normal, names), len(names)


def read_rows(
    lines: Iterable[bytes | SpoiledLine], file: str, layout: Layout
) -> Iterator[SourceRecord]:
    """Yield one record a row; ragged, undecodable and overlong rows carry their problem."""
    columns = layout.columns
    repaired = columns.of_rejects  # its cells were kept from spreadsheets, which run formulas
    rows = split_rows(_texts(lines), layout.delimiter, len(columns.names), columns.smiles)
    if layout.has_header:
        next(rows, None)
    for number, row in enumerate(rows, start=1):
        if isinstance(row, SpoiledLine):
            shown = readable(decode(row))
            yield SourceRecord(file, number, shown, problem=row.code, message=row.message)
        elif isinstance(row, BrokenRow):
            shown, code = readable(row.text), Code.RAGGED_ROW
            yield SourceRecord(file, number, shown, problem=code, message=row.reason)
        elif len(row) != len(columns.names):
            yield SourceRecord(
                file,
                number,
                readable(layout.delimiter.join(row)),
                problem=Code.RAGGED_ROW,
                message=f"{len(row)} fields where the header has {len(columns.names)}; "
                "quote fields that hold the delimiter",
            )
        else:
            cells = [restore(cell) for cell in row] if repaired else row
            yield _record(cells, file, number, columns)


def _record(row: list[str], file: str, number: int, columns: Columns) -> SourceRecord:
    text = row[columns.smiles]
    clean = is_clean(text)
    return SourceRecord(
        file,
        number,
        text if clean else readable(text),
        readable(row[columns.identifier]) if columns.identifier >= 0 else "",
        {name: readable(row[i]) for i, name in columns.vendor if row[i]},
        problem=None if clean else Code.UNDECODABLE,
        message="" if clean else "the structure holds bytes that are not UTF-8; type it anew",
    )


def _texts(lines: Iterable[bytes | SpoiledLine]) -> Iterator[str | SpoiledLine]:
    return (line if isinstance(line, SpoiledLine) else decode(line) for line in lines)
