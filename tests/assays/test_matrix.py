from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from hitsieve.assays.matrix import concat_labels, label_matrix
from hitsieve.errors import DatasetError, SchemaError
from hitsieve.schema import LABELS


def _labels(rows: list[tuple[str, str, float | None]], **changes: Any) -> pa.Table:
    n = len(rows)
    columns: dict[str, Any] = {
        "compound_id": [r[0] for r in rows],
        "smiles": [f"C{r[0]}" for r in rows],
        "target": [r[1] for r in rows],
        "endpoint": ["pKi"] * n,
        "value": [r[2] for r in rows],
        "unit": ["pX"] * n,
        "relation": ["="] * n,
        "assay_id": [""] * n,
        "source": [""] * n,
        "measured_at": [None] * n,
        "status": ["failed" if r[2] is None else "ok" for r in rows],
        "code": ["none"] * n,
        "message": [""] * n,
    }
    return LABELS.build({**columns, **changes})


def test_missing_values_are_nan_and_failed_rows_are_left_out() -> None:
    rows = [("b", "t1", 5.0), ("a", "t1", 6.0), ("a", "t2", 7.0), ("c", "t2", None)]
    matrix = label_matrix(_labels(rows, relation=["=", "<", ">", "="]))
    assert matrix.compound_ids == ["b", "a"]
    assert matrix.smiles == ["Cb", "Ca"]
    assert matrix.targets == ["t1", "t2"]
    assert matrix.units == ["pX", "pX"]
    assert matrix.y.dtype == np.float32
    np.testing.assert_array_equal(matrix.y, [[5.0, np.nan], [6.0, 7.0]])
    assert matrix.relation.tolist() == [[0, 0], [-1, 1]]
    assert matrix.parts == ["", ""]


def test_take_keeps_rows_together() -> None:
    rows = [("a", "t", 1.0), ("b", "t", 2.0), ("c", "t", 3.0)]
    table = _labels(rows).append_column("part", [["train", "test", "valid"]])
    chosen = label_matrix(table).take(np.array([2, 0]))
    assert (chosen.compound_ids, chosen.parts) == (["c", "a"], ["valid", "train"])
    assert chosen.y.tolist() == [[3.0], [1.0]]


def test_two_values_for_one_cell_are_refused() -> None:
    with pytest.raises(DatasetError, match="a has 2 labels on 't'"):
        label_matrix(_labels([("a", "t", 1.0), ("a", "t", 2.0)]))


def test_one_target_has_one_unit() -> None:
    with pytest.raises(DatasetError, match="labels of differing unit"):
        label_matrix(_labels([("a", "t", 1.0), ("b", "t", 2.0)], unit=["pX", "nM"]))


def test_nothing_measured_is_refused() -> None:
    with pytest.raises(DatasetError, match="no label holds a value"):
        label_matrix(_labels([("a", "t", None)]))
    with pytest.raises(DatasetError, match="no label tables"):
        concat_labels([])
    with pytest.raises(SchemaError, match="compound_id"):
        label_matrix(pa.table({"x": [1]}))


def test_tables_of_several_chunks_and_sets() -> None:
    first, second = _labels([("a", "t1", 1.0)]), _labels([("a", "t2", 2.0), ("b", "t2", 3.0)])
    chunked = pa.concat_tables([first, second])
    joined = concat_labels([first, second])
    np.testing.assert_array_equal(label_matrix(chunked).y, [[1.0, 2.0], [np.nan, 3.0]])
    np.testing.assert_array_equal(label_matrix(joined).y, [[1.0, 2.0], [np.nan, 3.0]])
    assert joined.num_rows == 3
