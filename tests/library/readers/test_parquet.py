from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hitsieve.errors import InputError, SchemaError
from hitsieve.library.config import FormatOptions
from hitsieve.library.readers.parquet import find_columns, read_parquet
from hitsieve.schema import Code

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = FormatOptions()


def _write(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_rows_with_vendor_columns_of_many_types(tmp_path: Path) -> None:
    path = _write(
        tmp_path / "x.parquet",
        smiles=["CCO", None],
        id=[7, 8],
        price=[1.5, None],
        tags=[["a"], []],
        day=[dt.date(2026, 1, 2)] * 2,
    )
    first, second = read_parquet(path, "x", OPTIONS)
    assert (first.record, first.text, first.source_id) == (1, "CCO", "7")
    assert first.vendor == {"price": "1.5", "tags": '["a"]', "day": "2026-01-02"}
    assert second.text is None
    assert "price" not in second.vendor


def test_binary_columns_are_decoded_row_by_row(tmp_path: Path) -> None:
    path = _write(tmp_path / "x.parquet", smiles=pa.array([b"CCO", b"\xff\xfe", None], pa.binary()))
    records = list(read_parquet(path, "x", OPTIONS))
    assert [(r.text, r.problem) for r in records] == [
        ("CCO", None),
        ("\\xff\\xfe", Code.UNDECODABLE),
        (None, None),
    ]


def test_text_columns_with_foreign_bytes_are_decoded_row_by_row(tmp_path: Path) -> None:
    broken = pa.array([b"CCO", b"\xff\xfe"], pa.binary()).view(pa.string())
    note = pa.array([b"caf\xe9", b"b"], pa.binary()).view(pa.string())
    path = _write(tmp_path / "x.parquet", smiles=broken, note=note)
    first, second = read_parquet(path, "x", OPTIONS)
    assert (first.text, first.vendor) == ("CCO", {"note": "caf\\xe9"})
    assert second.problem is Code.UNDECODABLE


def test_times_out_of_the_calendar_do_no_harm(tmp_path: Path) -> None:
    far = pa.array([2**50, 0], pa.int64()).view(pa.timestamp("s"))
    path = _write(tmp_path / "x.parquet", smiles=["CCO", "CCN"], day=far)
    records = list(read_parquet(path, "x", OPTIONS))
    assert [r.text for r in records] == ["CCO", "CCN"]
    assert records[0].vendor == {"day": str(2**50 * 1000)}


def test_record_numbers_go_on_over_batches(tmp_path: Path) -> None:
    path = _write(tmp_path / "x.parquet", smiles=["CCO"] * 10_000)
    assert [r.record for r in read_parquet(path, "x", OPTIONS)] == list(range(1, 10_001))


@pytest.mark.parametrize("kind", [pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_other_text_types(tmp_path: Path, kind: pa.DataType) -> None:
    path = _write(tmp_path / "x.parquet", smiles=pa.array(["CCO"], kind))
    assert [r.text for r in read_parquet(path, "x", OPTIONS)] == ["CCO"]


def test_a_column_of_numbers_holds_no_structures() -> None:
    with pytest.raises(InputError, match="is int64, not text"):
        find_columns(pa.schema([("smiles", pa.int64())]), OPTIONS, where="x")


def test_extension_types_are_refused(tmp_path: Path) -> None:
    column = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"x" * 16], pa.binary(16)))
    path = _write(tmp_path / "x.parquet", smiles=["CCO"], tag=column)
    with pytest.raises(SchemaError, match=r"x\.parquet has a column of an extension type"):
        list(read_parquet(path, "x", OPTIONS))


def test_a_damaged_file_names_the_last_good_row(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    random = np.random.default_rng(7)
    texts = ["C" * n + "O" for n in random.integers(1, 90, 20_000)]
    pq.write_table(pa.table({"smiles": texts}), path, row_group_size=5000, use_dictionary=False)
    data = bytearray(path.read_bytes())
    start = pq.ParquetFile(path).metadata.row_group(2).column(0).data_page_offset
    data[start + 60 : start + 400] = b"\xff" * 340  # inside the third group's first page
    path.write_bytes(bytes(data))
    with pytest.raises(InputError, match=r"damaged after row [\d,]+"):
        list(read_parquet(path, "x", OPTIONS))
