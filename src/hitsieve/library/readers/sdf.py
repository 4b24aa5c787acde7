"""SDF records, split on lines that are exactly ``$$$$`` so that none can swallow the next."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hitsieve.library.readers.columns import ID_NAMES, normal
from hitsieve.library.readers.lines import SpoiledLine, decode, readable
from hitsieve.library.readers.records import SourceRecord
from hitsieve.schema import Code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SEPARATOR: Final = b"$$$$"
CAP_FACTOR: Final = 8
_END: Final = "M  END"
_TITLE_LINES: Final = 3
_FIELD: Final = re.compile(r"^>.*<(.+)>|^>.*\b(DT\d+)\b|^>\s*(\S.*)")
"""A data header: a name, the number of a field of an old database, or whatever else it says."""
_COUNTS: Final = re.compile(r"^[ \d]{6}.*V[23]000\s*$")


def read_sdf(
    lines: Iterable[bytes | SpoiledLine], file: str, *, id_column: str | None, max_line_bytes: int
) -> Iterator[SourceRecord]:
    """Yield one record a block between separators; broken blocks carry their problem."""
    cap = CAP_FACTOR * max_line_bytes
    number, size = 1, 0
    block: list[bytes] = []
    spoiled: SpoiledLine | None = None
    for line in lines:
        if isinstance(line, SpoiledLine):
            spoiled = spoiled or line
            size += 1
        elif line.rstrip(b"\r") == SEPARATOR:
            yield _record(block, spoiled, file, number, id_column)
            number, size, block, spoiled = number + 1, 0, [], None
        else:
            size += len(line) + 1
            if size <= cap:
                block.append(line)
            elif spoiled is None:
                spoiled = _over(block, cap)
    if spoiled is not None or any(line.strip() for line in block):
        yield _record(block, spoiled, file, number, id_column, closed=False)


def _over(block: list[bytes], cap: int) -> SpoiledLine:
    spoiled = SpoiledLine(block[0] if block else b"")
    spoiled.code = Code.LINE_TOO_LONG
    spoiled.message = f"the record is larger than {cap:,} bytes; is a $$$$ line missing?"
    return spoiled


def _record(
    block: list[bytes],
    spoiled: SpoiledLine | None,
    file: str,
    number: int,
    id_column: str | None,
    *,
    closed: bool = True,
) -> SourceRecord:
    lines = [readable(decode(line.rstrip(b"\r"))) for line in block]
    title = lines[0].strip() if lines else ""
    end = next((i for i, line in enumerate(lines) if line.rstrip() == _END), -1)
    text = "\n".join(lines[: end + 1] if end >= 0 else lines)
    properties, strays = _properties(lines[end + 1 :]) if end >= 0 else ({}, [])
    code: Code | None = None
    message = ""
    if spoiled is not None:
        code, message = spoiled.code, spoiled.message
    elif end < 0 and not any(line.strip() for line in lines):
        code, message = Code.EMPTY, "there is nothing between two $$$$ lines"
    elif end < 0 and not closed:
        code, message = Code.TRUNCATED, "the file ends inside this record; fetch it again"
    elif end < 0:
        code, message = Code.BAD_MOLBLOCK, "the record has no M  END line; export it again"
    elif any(_COUNTS.match(line) for line in strays):
        code, message = Code.BAD_MOLBLOCK, "two mol blocks without a $$$$ line between them"
    source_id, vendor = _identify(properties, title, id_column)
    return SourceRecord(file, number, text, source_id, vendor, True, code, message)  # noqa: FBT003 - molblock, in the order of the fields


def _properties(lines: list[str]) -> tuple[dict[str, str], list[str]]:
    """Read data items; lines that belong to none come back as strays."""
    values: dict[str, list[str]] = {}
    strays: list[str] = []
    current: list[str] | None = None
    for line in lines:
        match = _FIELD.match(line) if current is None else None
        if match:
            name = match.group(1) or match.group(2) or match.group(3)
            current = values.setdefault(name.strip(), [])
        elif not line.strip():
            current = None
        elif current is None:
            strays.append(line)
        else:
            current.append(line)
    return {name: "\n".join(value) for name, value in values.items()}, strays


def _identify(
    properties: dict[str, str], title: str, id_column: str | None
) -> tuple[str, dict[str, str]]:
    """Choose the identifier: the named property, else the title, else a usual property."""
    vendor = {name: value for name, value in properties.items() if value}
    known = {normal(name): name for name in reversed(vendor)}
    if id_column is not None:
        name = id_column if id_column in vendor else known.get(normal(id_column), "")
        return vendor.pop(name, ""), vendor
    if title:
        return title, vendor
    name = next((known[usual] for usual in ID_NAMES if usual in known), "")
    return vendor.pop(name, ""), vendor
