"""SMILES files: one structure a line, then a name, and nothing declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.library.readers.columns import find_smiles
from hitsieve.library.readers.lines import SpoiledLine, decode, is_clean, readable
from hitsieve.library.readers.records import SourceRecord
from hitsieve.schema import Code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BLANKS = " \t\r\v\f\xa0"


def split_line(line: str) -> tuple[str, str, list[str]]:
    r"""Split a line into structure, name and further fields.

    A CXSMILES extension (``|...|`` after a blank) stays with the structure. In a line with
    tabs the tabs part the fields; else everything behind the structure is its name.

    Examples
    --------
    >>> split_line("CCO ethyl alcohol")
    ('CCO', 'ethyl alcohol', [])
    >>> split_line("C[C@H](F)Cl |&1:1| A7\tblue")
    ('C[C@H](F)Cl |&1:1|', 'A7', ['blue'])
    """
    # An empty first field must not pull the name into the structure's place.
    first, *fields = line.split("\t") if "\t" in line.strip(" \r") else [line]
    structure, _, name = first.strip(_BLANKS).partition(" ")
    name = name.strip(_BLANKS)
    if name.startswith("|"):
        extension, closed, rest = name[1:].partition("|")
        if closed or " " not in name:
            structure, name = f"{structure} |{extension}{closed}", rest.strip(_BLANKS)
        else:
            structure, name = f"{structure} {name}", ""
    if not name and fields:
        name = fields.pop(0).strip(_BLANKS)
    return structure, name, [field.strip(_BLANKS) for field in fields]


def has_header(line: str) -> bool:
    """Tell whether the first line of a SMILES file holds column names."""
    fields = line.split()
    return bool(fields) and find_smiles(fields[:1]) == 0


def read_smiles_lines(
    lines: Iterable[bytes | SpoiledLine], file: str, *, header: bool | None
) -> Iterator[SourceRecord]:
    """Yield one record a non-blank line.

    Parameters
    ----------
    lines
        As :func:`~hitsieve.library.readers.lines.capped_lines` yields them.
    file
        Name of the input.
    header
        Whether the first line holds column names; None looks.
    """
    number = 0
    first = True
    for line in lines:
        if isinstance(line, SpoiledLine):
            number, first = number + 1, False
            shown = readable(decode(line))
            yield SourceRecord(file, number, shown, problem=line.code, message=line.message)
            continue
        text = decode(line)
        if not text.strip(_BLANKS):
            continue
        if first:
            first = False
            if header or (header is None and has_header(text)):
                continue
        number += 1
        yield _record(text, file, number)


def _record(line: str, file: str, number: int) -> SourceRecord:
    structure, name, fields = split_line(line)
    vendor = {f"column_{i + 3}": readable(field) for i, field in enumerate(fields)}
    if is_clean(structure):
        return SourceRecord(file, number, structure, readable(name), vendor)
    return SourceRecord(
        file,
        number,
        readable(structure),
        readable(name),
        vendor,
        problem=Code.UNDECODABLE,
        message="the structure holds bytes that are not UTF-8; type it anew",
    )
