from __future__ import annotations

import pyarrow as pa
import pytest

from hitsieve.errors import SchemaError
from hitsieve.schema.columns import Column, Table

TABLE = Table(
    "demo",
    2,
    (
        Column("id", pa.string(), "Name."),
        Column("value", pa.float32(), "Value.", "nM", nullable=True),
    ),
)


def test_a_table_is_built_with_its_types_and_tags() -> None:
    built = TABLE.build({"value": [1, None], "id": ["a", "b"]})
    assert built.schema.equals(TABLE.schema, check_metadata=True)
    assert built.schema.metadata == {b"hitsieve.table": b"demo", b"hitsieve.table_version": b"2"}
    assert built.to_pydict() == {"id": ["a", "b"], "value": [1.0, None]}
    assert TABLE.empty().num_rows == 0


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"id": ["a"]}, r"missing \['value'\]"),
        ({"id": ["a"], "value": [1.0], "more": [1]}, r"unknown \['more'\]"),
        ({"id": [None], "value": [1.0]}, "1 nulls"),
        ({"id": ["a"], "value": ["x"]}, "demo"),
        ({"id": ["a", "b"], "value": [1.0]}, "demo"),
    ],
)
def test_wrong_columns_are_refused(columns: dict[str, object], words: str) -> None:
    with pytest.raises(SchemaError, match=words):
        TABLE.build(columns)


def test_arrow_arrays_are_cast() -> None:
    built = TABLE.build({"id": pa.array(["a"]), "value": pa.chunked_array([pa.array([2])])})
    assert built.column("value").type == pa.float32()


def test_a_foreign_schema_may_have_more_and_not_less() -> None:
    TABLE.check(TABLE.schema.append(pa.field("more", pa.int8())), where="x.parquet")
    with pytest.raises(SchemaError, match=r"x\.parquet: no column 'value'.*did you mean 'valu'"):
        TABLE.check(pa.schema([("id", pa.string()), ("valu", pa.float32())]), where="x.parquet")
    with pytest.raises(SchemaError, match="'value' is double"):
        TABLE.check(pa.schema([("id", pa.string()), ("value", pa.float64())]), where="x")
