"""Rows of refused records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from hitsieve.schema import CODES, REJECTS, Code, Status
from hitsieve.schema.codes import clip

if TYPE_CHECKING:
    import pyarrow as pa

    from hitsieve.library.readers.records import SourceRecord

TEXT_LIMIT: Final = 2000
REJECTED_RECORD: Final = "rejected_record"
"""Column of a rejects list that says which record (``file#record``) a line is."""
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
