"""Recognizing text that is not UTF-8 before its bytes are taken for structures."""

from __future__ import annotations

from typing import Final

from hitsieve.errors import InputError

# Longer marks first: the mark of UTF-32 starts with that of UTF-16.
_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "UTF-32 (little endian)"),
    (b"\x00\x00\xfe\xff", "UTF-32 (big endian)"),
    (b"\xff\xfe", "UTF-16 (little endian)"),
    (b"\xfe\xff", "UTF-16 (big endian)"),
)
_ZERO_SHARE: Final = 0.3  # ASCII text in UTF-16 is half zeros; in UTF-8 it has none


def foreign_encoding(head: bytes) -> str:
    """Return the name of an encoding other than UTF-8, or an empty string.

    Examples
    --------
    >>> foreign_encoding("id,smiles".encode("utf-16"))
    'UTF-16 (little endian)'
    >>> foreign_encoding("id,smiles".encode("utf-16-be"))
    'UTF-16 without byte order mark'
    >>> foreign_encoding(b"id,smiles")
    ''
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if head.count(0) > _ZERO_SHARE * len(head):
        return "UTF-16 without byte order mark"
    return ""


def refuse_foreign_encoding(head: bytes, *, where: str) -> None:
    """Refuse a file whose first bytes show another encoding than UTF-8.

    Raises
    ------
    InputError
        Names the encoding found.
    """
    if name := foreign_encoding(head):
        raise InputError(
            f"{where}: the text is encoded as {name}; UTF-8 is needed",
            cure='save it as UTF-8 (in Excel: "CSV UTF-8", not "Unicode text")',
        )
