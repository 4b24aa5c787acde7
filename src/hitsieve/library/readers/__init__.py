"""Readers: any supported file as a lazy stream of source records.

:func:`detect` settles format and compression from name and first bytes, :func:`check` refuses
what no record can be read from, :func:`read` streams. A record that is broken in itself is
yielded with its problem; only a file that is broken as a whole raises.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from hitsieve.errors import InputError, NotFoundError
from hitsieve.file_kinds import refuse_document, refuse_foreign_encoding
from hitsieve.library.readers.compression import (
    SUFFIXES,
    Compression,
    DamagedArchiveError,
    blocks,
    compression_of,
)
from hitsieve.library.readers.csv import Layout, find_layout, read_rows
from hitsieve.library.readers.lines import SpoiledLine, capped_lines
from hitsieve.library.readers.parquet import find_columns, open_input, read_parquet
from hitsieve.library.readers.records import SourceRecord
from hitsieve.library.readers.sdf import read_sdf
from hitsieve.library.readers.text import read_smiles_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hitsieve.library.config import FormatName, FormatOptions

__all__ = ["FORMATS", "InputFile", "SourceRecord", "check", "detect", "read"]

FORMATS: Final[dict[str, FormatName]] = {
    ".smi": "smi",
    ".smiles": "smi",
    ".ism": "smi",
    ".can": "smi",
    ".cxsmiles": "smi",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".sdf": "sdf",
    ".sd": "sdf",
    ".mol": "sdf",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_PARQUET_MAGIC: Final = b"PAR1"
_HEAD: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class InputFile:
    """One input, its format settled.

    Parameters
    ----------
    name
        What records, messages and the manifest call it; holds no folder unless two inputs
        share a file name.
    path
        Where its bytes are.
    format
        How its records are laid out.
    compression
        What it is packed with; empty for plain.
    newline
        What ends a line: a line feed, or a carriage return in files of old Macs.
    """

    name: str
    path: Path
    format: FormatName
    compression: Compression = ""
    newline: bytes = b"\n"


def detect(path: Path, name: str, options: FormatOptions, *, named: bool = True) -> InputFile:
    """Settle format and compression of a file.

    Parameters
    ----------
    path, name
        The file and what to call it.
    options
        ``options.format`` wins over the name's ending.
    named
        Whether the name says anything; False for standard input, whose bytes decide.

    Raises
    ------
    NotFoundError
        If there is no such file.
    InputError
        If it is empty, a workbook or archive of files, compressed otherwise than its name says,
        in an encoding other than UTF-8, or of no known format.
    """
    if not path.is_file():
        raise NotFoundError(f"no input file {name}", cure="check the path")
    with path.open("rb") as stream:
        start = stream.read(16)
    if not start:
        raise InputError(f"{name}: the file is empty (0 bytes)", cure="fetch or export it again")
    refuse_document(start, where=name)
    compression = compression_of(start)
    suffixes = [suffix.lower() for suffix in PurePath(name).suffixes] if named else []
    if suffixes or named:
        suffixes = _agree(name, suffixes, compression)
    head = _head(path, compression, name)
    kind = options.format or (FORMATS.get(suffixes[-1]) if suffixes else None)
    if kind is None:
        kind = _guess(head, suffixes, options, name=name, named=named)
    if (kind == "parquet") != head.startswith(_PARQUET_MAGIC):
        raise InputError(
            f"{name}: taken for {kind}, but its content "
            + ("is no Parquet" if kind == "parquet" else "is Parquet"),
            cure="give the file the right ending, or name its format",
        )
    if kind != "parquet":
        refuse_foreign_encoding(head, where=name)
    returns = b"\r" in head and b"\n" not in head
    if returns and len(head) >= _HEAD:  # one long line, or a file of an old Mac
        returns = not _holds_line_feed(path, compression)
    return InputFile(name, path, kind, compression, b"\r" if returns else b"\n")


def _holds_line_feed(path: Path, compression: Compression) -> bool:
    with suppress(DamagedArchiveError):  # told where the file is checked
        return any(b"\n" in block for block in blocks(path, compression))
    return False


def _agree(name: str, suffixes: list[str], found: Compression) -> list[str]:
    """Compare the compression the name tells of with the content; return the other endings."""
    claimed = SUFFIXES.get(suffixes[-1], "") if suffixes else ""
    if claimed != found:
        content = f"{found} data" if found else "not compressed"
        promise = f"ends in {suffixes[-1]}" if claimed else "names no compression"
        cure = f"end its name in .{found}" if found else f"drop {suffixes[-1]} from its name"
        raise InputError(f"{name}: its name {promise}, its content is {content}", cure=cure)
    return suffixes[:-1] if claimed else suffixes


def _head(path: Path, compression: Compression, name: str) -> bytes:
    head = b""
    try:
        for block in blocks(path, compression):
            head += block
            if len(head) >= _HEAD:
                break
    except DamagedArchiveError as error:
        if not head:
            raise InputError(f"{name}: {error}", cure="fetch the file again") from None
    if not head:
        raise InputError(f"{name}: the archive is empty", cure="fetch or export it again")
    return head[:_HEAD]


def _guess(
    head: bytes, suffixes: list[str], options: FormatOptions, *, name: str, named: bool
) -> FormatName:
    """Tell the format from the content, for ``.txt`` and standard input."""
    if named and suffixes[-1:] != [".txt"]:
        raise InputError(
            f"{name}: unknown format {suffixes[-1] if suffixes else '(no ending)'}",
            cure=f"name the format, or use an ending of {', '.join(sorted(FORMATS))}, .txt",
        )
    if head.startswith(_PARQUET_MAGIC):
        return "parquet"
    if b"M  END" in head or b"\n$$$$" in head:
        return "sdf"
    if options.smiles_column is not None or options.delimiter is not None:
        return "csv"
    try:
        layout = find_layout(capped_lines([head], _HEAD), options, where=name)
    except InputError:
        return "smi"
    return "csv" if len(layout.columns.names) > 1 else "smi"


def check(file: InputFile, options: FormatOptions) -> None:
    """Refuse a file whose columns cannot be settled, before any work is done on it.

    Raises
    ------
    InputError
        Names the file, what is wrong with it, and its columns.
    """
    if file.format in {"csv", "tsv"}:
        _layout_of(file, options)
    elif file.format == "parquet":
        find_columns(open_input(file.path, file.name).schema_arrow, options, where=file.name)
    elif file.format == "sdf" and options.id_column is not None:
        _check_property(file, options, options.id_column)
    elif file.format == "smi":
        _check_places(file.name, options)


def _check_property(file: InputFile, options: FormatOptions, wanted: str) -> None:
    """Refuse an SDF of which no record has the property that is to identify it.

    Reads up to the first one that has it. A file of broken records alone is not refused here.
    """
    sound, seen = False, set[str]()
    for record in read(file, options):
        if record.source_id:
            return
        sound |= record.problem is None
        seen |= record.vendor.keys()
    if sound:
        raise InputError(
            f"{file.name}: no record has a property {wanted!r}; there are: "
            f"{', '.join(sorted(seen)) or 'none at all'}",
            cure="name one of them as id_column, or leave it out to take the title line",
        )


def _check_places(name: str, options: FormatOptions) -> None:
    """Refuse columns of a SMILES file other than its two: they would be passed over in silence."""
    for option, place in (("smiles_column", "1"), ("id_column", "2")):
        wanted = getattr(options, option)
        if wanted not in {None, place}:
            raise InputError(
                f"{name}: {option} is {wanted!r}, but each line of a SMILES file is a structure "
                "and its identifier",
                cure="end its name in .csv, or .tsv where tabs part its columns; build files of "
                "several kinds one after another (library add)",
            )


def read(file: InputFile, options: FormatOptions) -> Iterator[SourceRecord]:
    """Stream the records of a file.

    Raises
    ------
    InputError
        If the file cannot be read from some place on.
    """
    if file.format == "parquet":
        return read_parquet(file.path, file.name, options)
    if file.format == "sdf":
        return read_sdf(
            _lines(file, options),
            file.name,
            id_column=options.id_column,
            max_line_bytes=options.max_line_bytes,
        )
    if file.format == "smi":
        return read_smiles_lines(_lines(file, options), file.name, header=options.header)
    return read_rows(_lines(file, options), file.name, _layout_of(file, options))


def column_names(file: InputFile, options: FormatOptions) -> tuple[str, ...]:
    """Return the names of the columns of delimited text; none of other formats."""
    return _layout_of(file, options).columns.names if file.format in {"csv", "tsv"} else ()


def _layout_of(file: InputFile, options: FormatOptions) -> Layout:
    return find_layout(_lines(file, options), options, where=file.name, tabs=file.format == "tsv")


def _lines(file: InputFile, options: FormatOptions) -> Iterator[bytes | SpoiledLine]:
    return capped_lines(blocks(file.path, file.compression), options.max_line_bytes, file.newline)
