"""Delimited text with column names: comma, tab, semicolon or bar.

Rows are split here and not by a table library: a row with a field too many must not shift
its neighbors, and a quote that is never closed must not swallow the rows behind it.
"""

from __future__ import annotations

import csv
from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from hitsieve.errors import InputError
from hitsieve.library.readers.columns import Columns, choose_columns, find_smiles, normal
from hitsieve.library.readers.lines import SpoiledLine, decode, is_clean, readable
from hitsieve.library.readers.records import SourceRecord
from hitsieve.schema import Code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hitsieve.library.config import FormatOptions

DELIMITERS: Final = (",", "\t", ";", "|")
_LINES_A_FIELD: Final = 100  # a quoted field spanning more lines is an unclosed quote


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of one file are laid out."""

    delimiter: str
    columns: Columns
    has_header: bool


@dataclass(frozen=True, slots=True)
class Unsplit:
    """A row that could not be split into fields."""

    text: str
    code: Code
    message: str


def find_layout(
    lines: Iterable[bytes | SpoiledLine], options: FormatOptions, *, where: str, tabs: bool = False
) -> Layout:
    """Find delimiter, header and columns from the first row.

    Raises
    ------
    InputError
        If the first row cannot be read, or names no structure column, or names one twice.
    """
    head = list(islice(lines, _LINES_A_FIELD))
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
    row = next(_rows(iter(head), mark, None), None)
    if row is None:
        return _FirstRow(mark, [], "it holds no rows")
    if isinstance(row, Unsplit):
        return _FirstRow(mark, [], row.message)
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
    rows = _rows(iter(lines), layout.delimiter, columns)
    if layout.has_header:
        next(rows, None)
    for number, row in enumerate(rows, start=1):
        if isinstance(row, Unsplit):
            yield SourceRecord(file, number, row.text, problem=row.code, message=row.message)
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
            yield _record(row, file, number, columns)


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


def _rows(
    source: Iterator[bytes | SpoiledLine], delimiter: str, columns: Columns | None
) -> Iterator[list[str] | Unsplit]:
    """Yield the fields of each non-blank row; ``columns`` help to tell unclosed quotes."""
    pending: deque[bytes | SpoiledLine] = deque()
    while True:
        line = pending.popleft() if pending else next(source, None)
        if line is None:
            return
        text = decode(line)
        if isinstance(line, SpoiledLine):
            yield Unsplit(readable(text), line.code, line.message)
        elif not text.strip(" \r"):
            continue
        elif '"' not in text:
            yield text.rstrip("\r").split(delimiter)
        else:
            yield _quoted(text, source, pending, delimiter, columns)


def _quoted(
    text: str,
    source: Iterator[bytes | SpoiledLine],
    pending: deque[bytes | SpoiledLine],
    delimiter: str,
    columns: Columns | None,
) -> list[str] | Unsplit:
    """Split a row with quotes, taking further lines while a quoted field is open.

    When the row turns out broken, only its first line is given up: the lines taken go back.
    """
    taken: list[bytes | SpoiledLine] = []
    parts = [text]
    inside = _ends_inside_quotes(text, delimiter, inside=False)
    while inside and len(parts) < _LINES_A_FIELD:
        line = pending.popleft() if pending else next(source, None)
        if line is None:
            break
        taken.append(line)
        if isinstance(line, SpoiledLine):
            break
        parts.append(decode(line))
        inside = _ends_inside_quotes(parts[-1], delimiter, inside=True)
    fields = None if inside else _parsed("\n".join(parts).rstrip("\r"), delimiter)
    if fields is not None and (not taken or columns is None or len(fields) == len(columns.names)):
        return fields
    pending.extendleft(reversed(taken))
    plain = text.rstrip("\r").split(delimiter)
    whole = columns is not None and len(plain) == len(columns.names)
    if columns is not None and whole and '"' not in plain[columns.smiles]:
        # A name with a stray quote, such as "beta-ionone: the structure beside it is whole.
        return plain
    reason = "a quote is opened and not closed" if inside or taken else "its quotes do not match"
    return Unsplit(readable(text), Code.RAGGED_ROW, f"{reason}; double quotes inside a field")


def _parsed(text: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except (csv.Error, StopIteration):
        return None


def _ends_inside_quotes(text: str, delimiter: str, *, inside: bool) -> bool:
    """Tell whether a quoted field is still open at the end of a line."""
    position, field_start = 0, not inside
    while True:
        if inside:
            position = text.find('"', position) + 1
            if not position:
                return True
            if text[position : position + 1] == '"':
                position += 1
            else:
                inside = False
        elif field_start and text[position : position + 1] == '"':
            position, inside, field_start = position + 1, True, False
        else:
            position = text.find(delimiter, position) + 1
            if not position:
                return False
            field_start = True
