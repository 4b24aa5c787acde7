"""Rows of delimited text, split so that one broken row spoils no other.

A quote that is opened and never closed takes all rows behind it for one cell, in the reader of
the standard library as in those of tables, and nobody is told. Here it costs its own row at most.
"""

from __future__ import annotations

import csv
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")

LINES_A_FIELD: Final = 100
"""A quoted field that spans more lines is an unclosed quote."""


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row that could not be split into fields: its first line, and why."""

    text: str
    reason: str


def split_rows(
    lines: Iterable[str | T], delimiter: str, width: int | None = None, whole: int | None = None
) -> Iterator[list[str] | BrokenRow | T]:
    r"""Yield the fields of each row that is not blank.

    Quoted fields are as RFC 4180 has them, line breaks in them included. A row with a stray quote
    is split as if it had none, where it has as many fields then as it must have and the quote is
    not in the field that counts (``"beta-ionone,CCO,5``). Else it is broken, and the lines behind
    it are rows of their own.

    Parameters
    ----------
    lines
        Without line feeds; a carriage return at their end is dropped. What is no text, such as
        the mark of a line that could not be read, is passed on as it is.
    delimiter
        One character.
    width
        Fields that a row must have, if known: of a row with line breaks, and of one with a stray
        quote.
    whole
        The field that counts.

    Examples
    --------
    >>> list(split_rows(['a,"two', 'lines"', "b,c"], ",", 2, 0))
    [['a', 'two\nlines'], ['b', 'c']]
    >>> list(split_rows(['"a,1', "b,2"], ",", 2, 1))
    [['"a', '1'], ['b', '2']]
    """
    source, pending = iter(lines), deque[str | T]()
    while True:
        try:
            line = pending.popleft() if pending else next(source)
        except StopIteration:
            return
        if not isinstance(line, str):
            yield line
        elif not line.strip(" \r"):
            continue
        elif '"' not in line:
            yield line.rstrip("\r").split(delimiter)
        else:
            yield _quoted(line, source, pending, delimiter, width, whole)


def _quoted(
    text: str,
    source: Iterator[str | T],
    pending: deque[str | T],
    delimiter: str,
    width: int | None,
    whole: int | None,
) -> list[str] | BrokenRow:
    """Split a row with quotes, taking further lines while a quoted field is open.

    When the row turns out broken, only its first line is given up: the lines taken go back.
    """
    taken: list[str | T] = []
    parts = [text]
    inside = _ends_inside_quotes(text, delimiter, inside=False)
    while inside and len(parts) < LINES_A_FIELD:
        try:
            line = pending.popleft() if pending else next(source)
        except StopIteration:
            break
        taken.append(line)
        if not isinstance(line, str):
            break
        parts.append(line)
        inside = _ends_inside_quotes(line, delimiter, inside=True)
    fields = None if inside else _parsed("\n".join(parts).rstrip("\r"), delimiter)
    if fields is not None and (not taken or width is None or len(fields) == width):
        return fields
    pending.extendleft(reversed(taken))
    plain = text.rstrip("\r").split(delimiter)
    if len(plain) == width and whole is not None and '"' not in plain[whole]:
        return plain
    reason = "a quote is opened and not closed" if inside or taken else "its quotes do not match"
    return BrokenRow(text, f"{reason}; double quotes inside a field")


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
