"""Rows of refused records, and lists of them to be repaired."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Final

from hitsieve.library.readers.columns import (
    REJECTED_RECORD,
    REPAIR_COLUMNS,
    name_in_rejects_list,
)
from hitsieve.schema import CODES, REJECTS, Code, Status
from hitsieve.schema.codes import clip
from hitsieve.store.files import atomic_path
from hitsieve.store.spreadsheet import neutralize_once

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import pyarrow as pa

    from hitsieve.library.readers.records import SourceRecord

TEXT_LIMIT: Final = 2000
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def vendor_json(vendor: dict[str, str]) -> str:
    """Return the further columns of a record as one JSON text, the same for equal values."""
    return _encode(vendor)


class RejectRows:
    """Collects refused records and makes a REJECTS table of them."""

    def __init__(self) -> None:
        self._columns: dict[str, list[object]] = {name: [] for name in REJECTS.names}

    def __len__(self) -> int:
        return len(self._columns["code"])

    def add(self, record: SourceRecord, code: Code, message: str, status: Status) -> None:
        """Add one refused record."""
        values = (
            record.file,
            record.record,
            record.source_id,
            (record.text or "")[:TEXT_LIMIT],
            vendor_json(record.vendor),
            status.value,
            code.value,
            clip(message or CODES[code].meaning),
        )
        for column, value in zip(self._columns.values(), values, strict=True):
            column.append(value)

    def table(self) -> pa.Table:
        """Return the rows in the order they were added."""
        return REJECTS.build(dict(self._columns))


def write_repair_list(read: Callable[[], Iterable[pa.Table]], path: Path) -> int:
    """Write refused records as CSV, to be corrected and added again.

    The supplier's columns follow the fixed ones. ``rejected_record`` tells which record a
    line is, so that its repaired form takes its place.

    Parameters
    ----------
    read
        Returns REJECTS tables, one after the other; called twice.
    path
        The file.

    Returns
    -------
    int
        Records written.

    Raises
    ------
    StorageError
        If the storage refuses.
    """
    vendor_names: dict[str, str] = {}
    for table in read():
        for text in table.column("vendor").to_pylist():
            vendor_names |= {
                name: name_in_rejects_list(name)
                for name in json.loads(text)
                if name != REJECTED_RECORD
            }
    count = 0
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(
            [neutralize_once(name) for name in (*REPAIR_COLUMNS, *vendor_names.values())]
        )
        for table in read():
            for row in table.to_pylist():
                place = f"{row['source_file']}#{row['record']}"
                fixed = (row["text"], row["source_id"], place, row["status"], row["code"])
                vendor = json.loads(row["vendor"])
                cells = (*fixed, row["message"], *(vendor.get(name, "") for name in vendor_names))
                writer.writerow([_cell(text) for text in cells])
                count += 1
    return count


def _cell(text: str) -> str:
    try:
        float(text)
    except ValueError:
        return neutralize_once(text)
    return text  # a negative number is no formula
