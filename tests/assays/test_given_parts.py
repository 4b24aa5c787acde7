"""One part for each compound of sets that were divided before."""

from __future__ import annotations

import pyarrow as pa
import pytest

from hitsieve.assays.given_parts import first_part, one_part_each


@pytest.mark.parametrize(
    ("names", "part"),
    [
        ({"test", "valid"}, "valid"),
        ({"", "test"}, "test"),
        ({"holdout", ""}, "holdout"),
        ({""}, ""),
        ((), ""),
    ],
)
def test_learning_comes_first(names: set[str], part: str) -> None:
    assert first_part(names) == part


def test_labels_of_a_compound_share_a_part_over_sets() -> None:
    table = pa.table(
        {
            "compound_id": ["a", "b", "c", "a", "b", "d"],
            "target": ["x"] * 3 + ["y"] * 3,
            "part": ["test", "", "train", "train", "test", ""],
        }
    )
    found, torn = one_part_each(table)
    assert found["part"].to_pylist() == ["train", "test", "train", "train", "test", ""]
    assert torn == ["a"]
    assert found.column_names == table.column_names


def test_a_table_without_parts_stays() -> None:
    table = pa.table({"compound_id": ["a"], "target": ["x"]})
    assert one_part_each(table) == (table, [])
