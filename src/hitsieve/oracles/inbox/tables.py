"""Reading what a laboratory sends back: CSV or XLSX, as rows of text."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from hitsieve.errors import InputError, NotFoundError, nearest
from hitsieve.oracles.inbox.forms import SIGN
from hitsieve.oracles.inbox.workbook import FORM_SHEET

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MAX_BYTES: Final = 64 << 20
MAX_UNPACKED: Final = 512 << 20
MAX_ROWS: Final = 200_000
_NAMES: Final = {
    "id": "compound_id", "compound": "compound_id", "position": "well", "barcode": "plate",
    "result": "value", "units": "unit", "operator": "relation", "qualifier": "relation",
    "status": "outcome", "comment": "note", "remark": "note", "date": "measured_at",
}  # fmt: skip
_KNOWN: Final = frozenset({
    "plate", "well", "compound_id", "replicate", "control", "target", "endpoint", "value", "unit",
    "relation", "outcome", "measured_at", "note",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class TextRow:
    """One row: its number in the file (the header is 1), and its texts by column."""

    number: int
    cells: dict[str, str]


def read_rows(path: Path, targets: Sequence[str] = ()) -> list[TextRow]:
    """Read the rows of a result file; empty rows are left out, unknown columns ignored.

    Parameters
    ----------
    path
        CSV or XLSX.
    targets
        Of several that were measured on the same plates: each may have columns of its own,
        ``<target>: value``, which keep that name.

    CSV may be separated by commas, semicolons or tabs. Of a workbook the sheet ``results`` is
    read, or else the first one; formulas count with the value they had when it was saved.

    Raises
    ------
    NotFoundError
        If there is no such file.
    InputError
        If it is no such file, is too large, lacks a column, has one twice, or a ragged row.
    """
    if not path.is_file():
        raise NotFoundError(f"no result file {path}", cure="check the path")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path} is larger than {MAX_BYTES >> 20} MiB", cure="split the file")
    rows = _xlsx(path) if path.suffix.lower() == ".xlsx" else _csv(path)
    header: list[str] | None = None
    found: list[TextRow] = []
    for number, row in rows:
        texts = [text.strip() for text in row]
        if not any(texts):
            continue
        if header is None:
            header = _header(path, texts, targets)
        elif any(texts[len(header) :]):
            raise InputError(
                f"{path}, row {number}: {len(texts)} cells, the header has {len(header)}",
                cure="quote texts that hold the separator",
            )
        else:
            cells = dict(zip(header, texts, strict=False))
            found.append(TextRow(number, {k: v for k, v in cells.items() if _is_known(k)}))
        if len(found) > MAX_ROWS:
            raise InputError(f"{path} has more than {MAX_ROWS:,} rows", cure="split the file")
    if not found:
        raise InputError(f"{path} holds no result", cure="send a header and a line a result")
    return found


def _header(path: Path, texts: list[str], targets: Sequence[str]) -> list[str]:
    header = [_column(text.lstrip("'"), targets) for text in texts]
    _refuse_strangers(path, texts, header, targets)
    for name in filter(_is_known, header):
        if header.count(name) > 1:
            raise InputError(f"{path} has the column {name!r} twice", cure="leave one of them out")
    if not {"compound_id", "well"} & set(header):
        raise InputError(
            f"{path} has no column 'compound_id' or 'well'; it has {', '.join(texts)[:200]}",
            cure="name one of them in the first row",
        )
    if not any(name.rpartition(SIGN)[2] == "value" for name in header):
        raise InputError(
            f"{path} has no column 'value'; it has {', '.join(texts)[:200]}",
            cure="name the column of results 'value'",
        )
    return header


def _column(text: str, targets: Sequence[str]) -> str:
    """Return the name of a column as it is known here; of a target's own with the target."""
    owner, _, rest = text.rpartition(":")
    for target in targets:
        if owner and owner.strip().casefold() == target.strip().lstrip("'").casefold():
            return f"{target}{SIGN}{_plain(rest)}"
    return _plain(text)


def _plain(text: str) -> str:
    name = "_".join(text.lower().split())
    return _NAMES.get(name, name)


def _refuse_strangers(
    path: Path, texts: list[str], header: list[str], targets: Sequence[str]
) -> None:
    """Refuse results of a target that was never asked: they would be left out unseen."""
    if not targets:
        return
    for text, name in zip(texts, header, strict=True):
        owner, _, rest = text.rpartition(":")
        if owner and not _is_known(name) and _plain(rest) in _KNOWN:
            raise InputError(
                f"{path} has a column {text[:80]!r}, and no target {owner[:80]!r} is measured"
                f"{nearest(owner, targets)}",
                cure=f"call it after one of {', '.join(targets)}, or leave it out",
            )


def _is_known(name: str) -> bool:
    return name.rpartition(SIGN)[2] in _KNOWN


def _csv(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8 text: {error.reason}", cure="save it as CSV UTF-8, or as XLSX"
        ) from None
    first = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        for row in reader:
            yield reader.line_num, row
    except csv.Error as error:
        raise InputError(
            f"{path}, line {reader.line_num}: {error}", cure="save it as CSV again"
        ) from None


def _xlsx(path: Path) -> Iterator[tuple[int, list[str]]]:
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(entry.file_size for entry in packed.infolist())
        if size > MAX_UNPACKED:
            raise InputError(f"{path} unpacks to more than {MAX_UNPACKED >> 20} MiB")
        values = load_workbook(path, read_only=True, data_only=True)
        formulas = load_workbook(path, read_only=True, data_only=False)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, SyntaxError, TypeError) as error:
        raise InputError(
            f"{path} is no readable workbook: {error}", cure="save it as XLSX or CSV again"
        ) from None
    try:
        name = FORM_SHEET if FORM_SHEET in values.sheetnames else values.sheetnames[0]
        both = zip(_sheet_rows(values[name]), _sheet_rows(formulas[name]), strict=True)
        for number, (seen, typed) in enumerate(both, start=1):
            yield number, [_cell(a, b) for a, b in zip(seen, typed, strict=True)]
            if number > MAX_ROWS:
                raise InputError(f"{path} has more than {MAX_ROWS:,} rows", cure="split the file")
    finally:
        values.close()
        formulas.close()


def _sheet_rows(sheet: Any) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 - openpyxl has no types
    sheet.reset_dimensions()  # the size a file claims may be wrong
    yield from sheet.iter_rows(values_only=True)


def _cell(seen: object, typed: object) -> str:
    # A formula that was never calculated has no value: its text shows, and is refused later.
    value = typed if seen is None else seen
    if value is None:
        return ""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, float):
        return repr(value)
    return str(value)
