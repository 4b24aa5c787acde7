"""Label tables as Parquet: what every row must tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hitsieve.assays.label_tables import read_label_table
from hitsieve.errors import DatasetError, SchemaError
from hitsieve.schema import LABELS

if TYPE_CHECKING:
    from pathlib import Path


def _table(**changes: Any) -> pa.Table:
    columns: dict[str, Any] = {
        "compound_id": ["A", "B", "C"],
        "smiles": ["CO", "CCO", "CCCO"],
        "target": ["EGFR"] * 3,
        "endpoint": ["pIC50"] * 3,
        "value": [5.0, None, 7.0],
        "unit": ["pX"] * 3,
        "relation": ["=", "=", "<"],
        "assay_id": ["made:y"] * 3,
        "source": ["made"] * 3,
        "measured_at": [None] * 3,
        "status": ["ok", "failed", "ok"],
        "code": ["none", "timeout", "none"],
        "message": ["", "no answer", ""],
    }
    # as others write it: every column may hold nulls
    schema = pa.schema([field.with_nullable(nullable=True) for field in LABELS.schema])
    return pa.table({**columns, **changes}, schema=schema)


def test_a_sound_table_is_read_with_all_its_columns(tmp_path: Path) -> None:
    table = _table().append_column("part", [["train", "", "test"]])
    pq.write_table(table, tmp_path / "t.parquet")
    assert read_label_table(tmp_path / "t.parquet").equals(table)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_no_number_is_refused_by_row_and_compound(
    tmp_path: Path, value: float
) -> None:
    pq.write_table(_table(value=[5.0, 6.0, value]), tmp_path / "t.parquet")
    told = rf"no finite number in 1 of 3 rows, first in row 3 \(C\): {value}"
    with pytest.raises(DatasetError, match=told) as caught:
        read_label_table(tmp_path / "t.parquet")
    assert "t.parquet" in caught.value.message
    assert "null" in caught.value.cure


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"relation": ["=", ">=", "~"]}, r"none of < = > in 2 of 3 rows, first in row 2 \(B\): >="),
        (
            {"relation": ["=", "=", None]},
            r"relation is missing in 1 of 3 rows, first in row 3 \(C\)",
        ),
        ({"smiles": [None, "CCO", "CCCO"]}, r"smiles is missing .* first in row 1 \(A\)\n"),
        (
            {"compound_id": ["A", None, None]},
            "compound_id is missing in 2 of 3 rows, first in row 2\n",
        ),
    ],
)
def test_what_every_row_must_tell(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    pq.write_table(_table(**changes), tmp_path / "t.parquet")
    with pytest.raises(DatasetError, match=told):
        read_label_table(tmp_path / "t.parquet")


def test_what_is_no_label_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(DatasetError, match="not readable Parquet"):
        read_label_table(tmp_path / "torn.parquet")
    pq.write_table(pa.table({"smiles": ["C"]}), tmp_path / "other.parquet")
    with pytest.raises(SchemaError, match=r"other\.parquet"):
        read_label_table(tmp_path / "other.parquet")
