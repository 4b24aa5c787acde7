"""Lines of a byte stream with a cap on their length, and their decoding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hitsieve.library.readers.compression import DamagedArchiveError
from hitsieve.schema import Code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SHOWN: Final = 200
_BOM: Final = b"\xef\xbb\xbf"


class SpoiledLine(bytes):
    """The beginning of a line that could not be read whole, with the reason."""

    code: Code
    message: str


def capped_lines(
    blocks: Iterable[bytes], cap: int, newline: bytes = b"\n"
) -> Iterator[bytes | SpoiledLine]:
    """Yield lines without their line feed; spoiled ones as :class:`SpoiledLine`.

    A line above ``cap`` bytes is skipped while streaming and becomes one spoiled line. A
    damaged archive ends in one spoiled line. A UTF-8 byte order mark is dropped.
    """
    lines = _lines(blocks, cap, newline)
    first = next(lines, None)
    if first is not None:
        yield first if isinstance(first, SpoiledLine) else first.removeprefix(_BOM)
    yield from lines


def _lines(blocks: Iterable[bytes], cap: int, newline: bytes) -> Iterator[bytes | SpoiledLine]:
    tail, skipping = b"", False
    source = iter(blocks)
    while True:
        try:
            block = next(source, None)
        except DamagedArchiveError as error:
            yield _spoiled(tail, Code.TRUNCATED, f"{error}; this is the last record it holds")
            return
        if block is None:
            break
        parts = block.split(newline)
        parts[0] = tail + (b"" if skipping and len(parts) == 1 else parts[0])
        tail = parts.pop()
        if parts and skipping:
            yield _too_long(parts.pop(0), cap)
            skipping = False
        for line in parts:
            yield line if len(line) <= cap else _too_long(line, cap)
        if len(tail) > cap:
            tail, skipping = tail[:_SHOWN], True
    if skipping:
        yield _too_long(tail, cap)
    elif tail:
        yield tail


def _too_long(line: bytes, cap: int) -> SpoiledLine:
    return _spoiled(line, Code.LINE_TOO_LONG, f"the line is longer than {cap:,} bytes")


def _spoiled(line: bytes, code: Code, message: str) -> SpoiledLine:
    spoiled = SpoiledLine(line[:_SHOWN])
    spoiled.code, spoiled.message = code, message
    return spoiled


def decode(line: bytes) -> str:
    """Decode UTF-8; bytes that are not UTF-8 become lone surrogates (see :func:`readable`)."""
    return line.decode("utf-8", "surrogateescape")


def is_clean(text: str) -> bool:
    r"""Tell whether a decoded text was UTF-8 all through.

    Examples
    --------
    >>> is_clean(decode(b"caf\xc3\xa9")), is_clean(decode(b"caf\xe9"))
    (True, False)
    """
    if text.isascii():
        return True
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def readable(text: str) -> str:
    r"""Write bytes that were not UTF-8 as ``\xNN``, for cells that are no structure.

    Examples
    --------
    >>> readable(decode(b"caf\xe9"))
    'caf\\xe9'
    """
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
