"""Telling by its first bytes what a file is, before they are taken for structures or numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hitsieve.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

# Longer marks first: the mark of UTF-32 starts with that of UTF-16.
_MARKS: Final = (
    (b"\xff\xfe\x00\x00", "UTF-32 (little endian)"),
    (b"\x00\x00\xfe\xff", "UTF-32 (big endian)"),
    (b"\xff\xfe", "UTF-16 (little endian)"),
    (b"\xfe\xff", "UTF-16 (big endian)"),
)
# First bytes of documents and archives, what they are, and how to get a table out of them.
_SHEET: Final = 'save the sheet with the structures as "CSV UTF-8"'
_DOCUMENTS: Final = (
    (b"PK\x03\x04", "an Excel workbook (.xlsx) or another ZIP archive", f"{_SHEET}, or unpack it"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook (.xls) or another Office document", _SHEET),
    (b"%PDF-", "a PDF document", "export the structures as SMILES, CSV or SDF"),
    (b"7z\xbc\xaf", "a 7-Zip archive", "unpack it, or compress each file as .gz"),
    (b"Rar!", "a RAR archive", "unpack it, or compress each file as .gz"),
    (b"\xfd7zXZ", "an XZ archive", "unpack it, or compress it as .gz or .zst"),
)
_HEAD: Final = 1 << 16
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


def refuse_document(head: bytes, *, where: str) -> None:
    """Refuse a workbook, PDF or archive of several files, whatever its name ends in.

    Raises
    ------
    InputError
        Names what it is and how to get the structures out.
    """
    for magic, what, cure in _DOCUMENTS:
        if head.startswith(magic):
            raise InputError(f"{where}: this is {what}", cure=cure)


def refuse_all_but_tables(head: bytes, *, where: str) -> None:
    """Refuse what is no delimited UTF-8 text: also structure files and Parquet.

    Raises
    ------
    InputError
        Names what it is and how to make a table of it.
    """
    refuse_document(head, where=where)
    # A table may hold molfiles in a column; in a molfile itself the fourth line counts the atoms.
    counts = head.split(b"\n", 4)[3:4]
    for what, found in (
        ("Parquet", head.startswith(b"PAR1")),
        ("a molfile or SDF", any(mark in b"".join(counts) for mark in (b" V2000", b" V3000"))),
    ):
        if found:
            raise InputError(
                f"{where}: this is {what}, and a table of text is needed",
                cure="export it as CSV, with a column of SMILES",
            )
    refuse_foreign_encoding(head, where=where)


def read_text(path: Path) -> str:
    """Return the text of a small file, with line feeds as line ends and no byte order mark.

    Raises
    ------
    InputError
        If it is a document or archive, or no UTF-8; names the encoding, or the line.
    OSError
        If it cannot be read.
    """
    data = path.read_bytes()
    refuse_document(data[:_HEAD], where=str(path))
    refuse_foreign_encoding(data[:_HEAD], where=str(path))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}, line {line}: byte {data[error.start]:#04x} is no UTF-8 text",
            cure="save it as UTF-8",
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
