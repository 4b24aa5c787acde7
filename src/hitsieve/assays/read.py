"""Reading a data set's files as its card says; every record is accounted for.

Cells stay text here: what they are worth is decided in :mod:`hitsieve.assays.curate`.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import zlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from hitsieve.assays.columns import ColumnCard, FileCard, list_entry
from hitsieve.assays.times import parse_time
from hitsieve.delimited import BrokenRow, split_rows
from hitsieve.errors import DatasetError, InputError, NotFoundError, nearest
from hitsieve.file_kinds import refuse_all_but_tables
from hitsieve.provenance import sha256_file

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime
    from pathlib import Path

    from hitsieve.assays.cards import DatasetCard

MAX_LINE: Final = 1 << 22
MAX_BYTES: Final = 4 << 30
_HEAD: Final = 1 << 12
_PARTS: Final = {"train": "train", "training": "train", "valid": "valid", "validation": "valid",
                 "val": "valid", "test": "test", "": ""}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AssayTable:
    """Records of a data set, n of them, before curation.

    Parameters
    ----------
    card
        Its card.
    columns
        Meaning of each value column, patterns and targets filled in.
    structures
        (n,) structure text as given.
    cells
        For each value column (n,) cell texts; empty where nothing was measured.
    relations, units, parts, ids
        (n,) texts each; empty where the file says nothing.
    extras
        For each extra column (n,) texts.
    records
        (n,) ``file#record``, records counted from 1.
    ragged
        ``file#record`` of rows with another number of fields than the header, or a quote that is
        not closed: refused.
    checksums
        sha256 of each file read.
    times
        (n,) when each was measured; None where the file says nothing.
    """

    card: DatasetCard
    columns: dict[str, ColumnCard]
    structures: list[str]
    cells: dict[str, list[str]]
    relations: list[str]
    units: list[str]
    parts: list[str]
    ids: list[str]
    extras: dict[str, list[str]]
    records: list[str]
    ragged: list[str]
    checksums: dict[str, str]
    times: list[datetime | None] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.structures)

    def only(self, targets: Collection[str]) -> AssayTable:
        """Return the records with the columns of some targets alone."""
        columns = {name: one for name, one in self.columns.items() if one.target in targets}
        cells = {name: self.cells[name] for name in columns}
        return replace(self, columns=columns, cells=cells)


def read_assay(path: Path, card: DatasetCard) -> AssayTable:
    """Read the files of a data set.

    Parameters
    ----------
    path
        Folder the card's file paths start from; or, for a card of one file, that file.
    card
        What the files mean.

    Raises
    ------
    NotFoundError
        If a file is absent.
    InputError
        If a file is no UTF-8 CSV, or lacks a column the card needs.
    DatasetError
        If there is no record, or a part is none of train, valid and test.
    """
    table: AssayTable | None = None
    for file in card.files:
        place = path if path.is_file() and len(card.files) == 1 else path / file.path
        if not place.is_file():
            raise NotFoundError(
                f"data set {card.name}: no file {place}",
                cure=f"run `hitsieve data fetch {card.name}`",
            )
        table = _read_file(place, file, card, table)
    if table is None or not len(table):
        if table is not None and table.ragged:
            raise DatasetError(
                f"data set {card.name}: all {len(table.ragged)} rows have another number of fields "
                f"than the header, first {table.ragged[0]}",
                cure="put texts with a comma in double quotes, and write decimal numbers with a "
                "point: 1.31, not 1,31",
            )
        raise DatasetError(f"data set {card.name} holds no record", cure="check the files")
    return table


def _read_file(
    place: Path, file: FileCard, card: DatasetCard, into: AssayTable | None
) -> AssayTable:
    lines = _lines(place)
    header = next(split_rows(lines, ","), None)
    if not header:
        raise InputError(f"{place} is empty: a header line is needed")
    if isinstance(header, BrokenRow):
        raise InputError(f"{place}: the first row cannot be read: {header.reason}")
    _refuse_other_separators(place, header)
    columns = card.resolve(header)
    table = into or AssayTable(
        card, columns, [], {name: [] for name in columns}, [], [], [], [],
        {name: [] for name in card.extra_columns}, [], [], {},
    )  # fmt: skip
    if columns != table.columns:
        raise InputError(f"{place} has other value columns than the files before it")
    table.checksums[file.path] = sha256_file(place)
    layout = _Layout(card, header, columns, place)
    rows = split_rows(lines, ",", len(header), layout.smiles)
    for number, row in enumerate(rows, start=1):
        record = f"{file.path}#{number}"
        if isinstance(row, BrokenRow) or len(row) != len(header):
            table.ragged.append(record)
        else:
            layout.add(row, record, file.part, table)
    return table


def _refuse_other_separators(place: Path, header: list[str]) -> None:
    other = next((sign for sign in (";", "\t", "|") if sign in header[0]), None)
    if len(header) == 1 and other is not None:
        raise InputError(
            f"{place}: fields are separated by {other!r}, not by commas",
            cure="save it as CSV with commas between fields and a point in decimal numbers",
        )


def _lines(place: Path) -> Iterator[str]:
    """Yield the lines of a file without their ends."""
    try:
        with place.open("rb") as raw:
            refuse_all_but_tables(_unpacked(raw, place.suffix).read(_HEAD), where=str(place))
        with (
            place.open("rb") as raw,
            io.TextIOWrapper(_unpacked(raw, place.suffix), "utf-8-sig", newline=None) as stream,
        ):
            for line in _limited(stream, place):
                yield line.removesuffix("\n")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{place} is not UTF-8 text: {error.reason}", cure="save it as UTF-8"
        ) from None
    except (gzip.BadGzipFile, zlib.error, EOFError, OSError) as error:
        raise InputError(f"{place} cannot be read: {error}", cure="fetch the file again") from None


def _unpacked(raw: BinaryIO, suffix: str) -> BinaryIO:
    if suffix == ".gz":
        return cast("BinaryIO", gzip.GzipFile(fileobj=raw))
    return cast("BinaryIO", bz2.BZ2File(raw)) if suffix == ".bz2" else raw


def _limited(stream: io.TextIOWrapper, place: Path) -> Iterator[str]:
    """Stop a file that unpacks to more than it should, or a line that does not end."""
    seen = 0
    while line := stream.readline(MAX_LINE + 1):
        seen += len(line)
        if len(line) > MAX_LINE:
            raise InputError(
                f"{place}: a line of more than {MAX_LINE >> 20} MiB, {line[:40]!r}…",
                cure="check that the file is a table with a line a record",
            )
        if seen > MAX_BYTES:
            raise InputError(f"{place} unpacks to more than {MAX_BYTES >> 30} GiB")
        yield line


class _Layout:
    """Where a file keeps what the card names."""

    def __init__(
        self, card: DatasetCard, header: list[str], columns: dict[str, ColumnCard], place: Path
    ) -> None:
        def index(name: str | None) -> int:
            if name is None:
                return -1
            if name not in header:
                raise InputError(
                    f"{place}: no column {name!r}{nearest(name, header)}",
                    cure=f"columns: {', '.join(header[:20])}",
                )
            if header.count(name) > 1:
                raise InputError(
                    f"{place}: more than one column is named {name!r}",
                    cure="rename or drop the others; it is not clear which one is meant",
                )
            return header.index(name)

        self.smiles = index(card.smiles_column)
        self.mask = index(card.mask_column)
        self.relation = index(card.relation_column)
        self.unit = index(card.unit_column)
        self.part = index(card.split_column)
        self.time = index(card.time_column)
        self.identifier = index(card.id_column)
        self.extras = [(name, index(name)) for name in card.extra_columns]
        self.plain = [(name, index(name)) for name in columns if name in header]
        self.listed: dict[int, list[tuple[str, int]]] = {}
        for name in columns:
            if name not in header:
                base, entry = list_entry(name)
                self.listed.setdefault(index(base), []).append((name, entry))

    def add(self, row: list[str], record: str, part: str, table: AssayTable) -> None:
        """Take one row of the right length into the table."""
        table.structures.append(row[self.smiles])
        table.records.append(record)
        table.relations.append(row[self.relation].strip() if self.relation >= 0 else "")
        table.units.append(row[self.unit].strip() if self.unit >= 0 else "")
        table.ids.append(row[self.identifier].strip() if self.identifier >= 0 else "")
        table.times.append(parse_time(row[self.time], record) if self.time >= 0 else None)
        table.parts.append(_part(row[self.part], record) if self.part >= 0 else part)
        for name, place in self.extras:
            table.extras[name].append(row[place])
        for name, place in self.plain:
            table.cells[name].append(row[place].strip())
        for place, entries in self.listed.items():
            values = _entries(row[place], record)
            measured = _entries(row[self.mask], record) if self.mask >= 0 else values
            for name, entry in entries:
                kept = entry < len(values) and (self.mask < 0 or float(measured[entry]) != 0)
                table.cells[name].append(values[entry] if kept else "")


def _part(text: str, record: str) -> str:
    part = _PARTS.get(text.strip().lower())
    if part is None:
        raise DatasetError(
            f"{record}: part {text!r} is none of train, valid, test",
            cure="correct the split column, or leave split_column out of the card",
        )
    return part


def _entries(cell: str, record: str) -> list[str]:
    try:
        values = json.loads(cell)
    except json.JSONDecodeError as error:
        raise InputError(f"{record}: {cell[:40]!r} is no JSON list: {error}") from None
    if not isinstance(values, list):
        raise InputError(f"{record}: {cell[:40]!r} is no JSON list")
    return ["" if value is None else str(value) for value in values]
