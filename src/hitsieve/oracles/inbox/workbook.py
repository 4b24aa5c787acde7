"""The plate map as a workbook: a sheet to fill in, and a map of each plate."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from hitsieve.oracles.inbox.config import PLATE_SHAPES
from hitsieve.oracles.inbox.forms import form_header, form_rows
from hitsieve.store.spreadsheet import neutralize

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.oracles.inbox.batch import Batch
    from hitsieve.oracles.inbox.config import InboxConfig

FORM_SHEET: Final = "results"
_EPOCH: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - the format stores times without a zone
_MODIFIED: Final = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")
_EPOCH_TEXT: Final = b"2000-01-01T00:00:00Z"
_TO_FILL: Final = ("value", "relation", "outcome", "measured_at", "note")
_NARROW, _WIDE = 12, 30
_WIDE_COLUMNS: Final = frozenset({"compound_id", "reason", "smiles", "note"})


def batch_xlsx(batch: Batch, measured: Sequence[InboxConfig]) -> bytes:
    """Return a batch as a workbook; equal batches make equal bytes.

    The sheet ``results`` is the form of :mod:`hitsieve.oracles.inbox.forms`, the cells to fill
    in colored; one further sheet a plate shows each well's compound or control at its place.
    """
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = FORM_SHEET
    _fill_form(sheet, batch, measured)
    rows, columns = PLATE_SHAPES[measured[0].plate_wells]
    for plate in dict.fromkeys(well.plate for well in batch.wells):
        # A sheet's name holds 31 characters; the whole name stands in its first cell.
        number = plate.rpartition("-")[2]
        _draw_plate(book.create_sheet(number), plate, batch, rows, columns)
    book.properties.creator = "hitsieve"
    book.properties.created = _EPOCH
    out = io.BytesIO()
    book.save(out)
    return _timeless(out.getvalue())


def _fill_form(sheet: Any, batch: Batch, measured: Sequence[InboxConfig]) -> None:  # noqa: ANN401 - openpyxl has no types
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter

    header = form_header(batch, measured)
    sheet.append([neutralize(name) for name in header])
    for row in form_rows(batch, measured):
        sheet.append(row)
    fill = PatternFill("solid", start_color="FFF2CC")
    for place, name in enumerate(header, start=1):
        sheet.cell(1, place).font = Font(bold=True)
        wide = _WIDE if name in _WIDE_COLUMNS else _NARROW
        sheet.column_dimensions[get_column_letter(place)].width = wide
        for line in range(2, sheet.max_row + 1):
            cell = sheet.cell(line, place)
            if name.rpartition(": ")[2] in _TO_FILL:
                cell.fill = fill
            if isinstance(cell.value, str):
                cell.data_type = "s"  # never a formula, whatever the text
    sheet.freeze_panes = "D2"


def _draw_plate(sheet: Any, plate: str, batch: Batch, rows: int, columns: int) -> None:  # noqa: ANN401 - openpyxl has no types
    from openpyxl.styles import Alignment, Font, PatternFill

    colors = {"negative": PatternFill("solid", start_color="D9D9D9"),
              "positive": PatternFill("solid", start_color="C6E0B4")}  # fmt: skip
    reasons = {row["compound_id"]: row["reason"] for row in batch.compounds}
    sheet["A1"] = plate
    for column in range(1, columns + 1):
        sheet.cell(1, column + 1, column).font = Font(bold=True)
    for row in range(1, rows + 1):
        sheet.cell(row + 1, 1, chr(ord("A") + row - 1)).font = Font(bold=True)
    for well in batch.wells:
        if well.plate != plate:
            continue
        cell = sheet.cell(ord(well.well[0]) - ord("A") + 2, int(well.well[1:]) + 1)
        text = well.control or f"{well.compound_id}\n{reasons[well.compound_id]}".rstrip()
        cell.value = neutralize(text)
        cell.data_type = "s"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        if well.role:
            cell.fill = colors[well.role]
    for column in sheet.columns:
        sheet.column_dimensions[column[0].column_letter].width = _WIDE
    sheet.column_dimensions["A"].width = _NARROW


def _timeless(data: bytes) -> bytes:
    """Pack a workbook again without the time it was made at."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            # openpyxl overwrites the time of change with the moment of saving.
            new.writestr(entry, _MODIFIED.sub(rb"\g<1>" + _EPOCH_TEXT + rb"\g<2>", old.read(name)))
    return out.getvalue()
