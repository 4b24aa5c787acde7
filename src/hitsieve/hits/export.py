"""Hit lists as files other programs open: CSV, SDF, Parquet."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hitsieve.chem.records import sdf_record
from hitsieve.errors import UsageError, nearest
from hitsieve.provenance import sha256_bytes
from hitsieve.schema import HITS
from hitsieve.store.files import write_atomic, write_parquet_atomic
from hitsieve.store.spreadsheet import neutralize

if TYPE_CHECKING:
    import pyarrow as pa

SEPARATOR: Final = "; "
SUFFIXES: Final = (".csv", ".sdf", ".parquet")


def export(hits: pa.Table, path: Path | str) -> str:
    """Write a HITS table in the format its suffix names.

    Returns
    -------
    str
        SHA-256 of the file.

    Raises
    ------
    UsageError
        If the suffix is none of .csv, .sdf and .parquet.
    SchemaError
        If the table is no HITS table.
    StorageError
        If the file cannot be written.
    """
    HITS.check(hits.schema, where="hits to export")
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return write_parquet_atomic(path, hits, {}).sha256
    if suffix == ".csv":
        data = csv_text(hits).encode()
    elif suffix == ".sdf":
        data = sdf_text(hits).encode()
    else:
        raise UsageError(
            f"cannot export hits as {path.name!r}{nearest(suffix, SUFFIXES)}",
            cure=f"name a file that ends in one of {', '.join(SUFFIXES)}",
        )
    write_atomic(path, data)
    return sha256_bytes(data)


def csv_text(hits: pa.Table) -> str:
    """Return a table as CSV: one header line, lists joined by ``; ``, formulas made harmless."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([neutralize(name) for name in hits.column_names])
    for record in hits.to_pylist():
        writer.writerow([_cell(value) for value in record.values()])
    return out.getvalue()


def sdf_text(hits: pa.Table) -> str:
    """Return a table as SDF: one record a hit, every other column a property."""
    parts = []
    for record in hits.to_pylist():
        smiles = record.pop("smiles")
        name = record.pop("compound_id")
        properties = {key: _text(value) for key, value in record.items()}
        parts.append(sdf_record(smiles, name, {**properties, "smiles": smiles}))
    return "".join(parts)


def _cell(value: object) -> str:
    # A number is written by this program, so its minus sign is no formula.
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return _text(value) if is_number else neutralize(_text(value))


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return SEPARATOR.join(_text(item) for item in value)
    if isinstance(value, float):
        return f"{value:.6g}"  # float32 holds no more than seven digits
    return str(value)
