from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.errors import SchemaError
from hitsieve.schema import SCORES
from hitsieve.screen.contract import best_first, checked
from hitsieve.screen.plan import Output

OUTPUTS = {
    "higher": Output("CDK2/cyclin A", "gnn@1", "higher", "a", "a.parquet", "0"),
    "lower": Output("shape", "gnn@1", "lower", "b", "b.parquet", "0"),
}
FAILED = ["ok", "failed", "failed"]
IDS = pa.array(["a", "b", "c"], pa.string())


def scores(**changed: Any) -> pa.Table:
    columns = {
        "compound_id": ["b", "a", "c"],
        "score": [2.0, 1.0, None],
        "std": [0.1, 0.1, None],
        "lower": [1.0, 0.0, None],
        "upper": [3.0, 2.0, None],
        "in_domain": [True, True, False],
        "status": ["ok", "ok", "failed"],
    }
    return SCORES.build(columns | changed)


def encoded(table: pa.Table, more: tuple[str, ...] = ()) -> pa.Table:
    """Give the ids as a dictionary over the shard's ids, which others may follow."""
    names = [*IDS.to_pylist(), *more]
    texts = table["compound_id"].to_pylist()
    names += [text for text in dict.fromkeys(texts) if text not in names]
    places = pa.array([names.index(text) for text in texts], pa.int32())
    return table.set_column(0, "compound_id", pa.DictionaryArray.from_arrays(places, names))


def test_a_good_table_passes() -> None:
    output = OUTPUTS["higher"]
    table = scores()
    assert checked(table, output, IDS).equals(table)
    wider = table.append_column("note", pa.array(["x"] * 3))
    assert checked(wider, output, IDS).schema.names == SCORES.names


@pytest.mark.parametrize("encode", [False, True])
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"compound_id": ["b", "b", "c"]}, "not those of the shard"),
        ({"compound_id": ["b", "a", "x"]}, "not those of the shard"),
        ({"compound_id": ["b", "a", "a"]}, "not those of the shard"),
        ({"score": [2.0, float("nan"), None]}, "not a finite number"),
        ({"score": [float("inf"), 1.0, None]}, "not a finite number"),
        ({"status": ["ok", "ok", "ok"]}, "null where status is ok"),
        ({"status": ["ok", "failed", "failed"]}, "null where status is ok"),
        ({"score": [1.0, 2.0, None]}, "not sorted best first"),
        ({"score": [1.0, 1.0, None]}, "not sorted best first"),
        (
            {"compound_id": ["a", "c", "b"], "score": [1.0, None, None], "status": FAILED},
            "not sorted best first",
        ),
        ({"score": [None, 2.0, 1.0], "status": ["failed", "ok", "ok"]}, "not sorted best first"),
    ],
)
def test_broken_tables_are_refused(changed: dict[str, Any], message: str, encode: bool) -> None:  # noqa: FBT001 - a parameter of the test
    table = encoded(scores(**changed)) if encode else scores(**changed)
    with pytest.raises(SchemaError, match=message):
        checked(table, OUTPUTS["higher"], IDS)


def test_missing_tables_and_columns_are_refused() -> None:
    output = OUTPUTS["higher"]
    with pytest.raises(SchemaError, match="no table for target 'CDK2/cyclin A'"):
        checked(None, output, IDS)
    with pytest.raises(SchemaError, match="no column 'std'"):
        checked(scores().drop_columns("std"), output, IDS)


def test_lower_may_be_better() -> None:
    output = OUTPUTS["lower"]
    ranked = scores(compound_id=["a", "b", "c"], score=[1.0, 2.0, None])
    assert checked(ranked, output, IDS).equals(ranked)
    assert pc.min(ranked["score"]).as_py() == 1.0


def test_encoded_ids_come_back_as_text() -> None:
    table = scores()
    for more in ((), ("control:1",)):
        found = checked(encoded(table, more), OUTPUTS["higher"], IDS)
        assert found.equals(table)
        assert found.schema.equals(SCORES.schema)


def test_encoded_ids_of_another_order_are_compared_as_text() -> None:
    table = encoded(scores())
    assert checked(table, OUTPUTS["higher"], IDS.take(pa.array([2, 0, 1]))).num_rows == 3
    other = pa.array(["a", "b", "d"], pa.string())
    with pytest.raises(SchemaError, match="not those of the shard"):
        checked(table, OUTPUTS["higher"], other)


def test_an_absent_id_is_refused() -> None:
    places = pa.array([1, None, 2], pa.int32())
    table = scores().set_column(0, "compound_id", pa.DictionaryArray.from_arrays(places, IDS))
    with pytest.raises(SchemaError, match="not those of the shard"):
        checked(table, OUTPUTS["higher"], IDS)


@pytest.mark.parametrize("direction", ["higher", "lower"])
@given(values=st.lists(st.sampled_from([None, 0.0, 1.0, 2.5]), max_size=7), data=st.data())
def test_only_the_full_sort_passes(
    direction: str, values: list[float | None], data: st.DataObject
) -> None:
    ids = [f"k{place}" for place in range(len(values))]
    order = data.draw(st.permutations(range(len(values))))
    n = len(values)
    table = SCORES.build(
        {
            "compound_id": [ids[i] for i in order],
            "score": [values[i] for i in order],
            "std": [None] * n,
            "lower": [None] * n,
            "upper": [None] * n,
            "in_domain": [True] * n,
            "status": ["failed" if values[i] is None else "ok" for i in order],
        }
    )
    best = pc.sort_indices(table, best_first(direction)).to_numpy()
    given_ids = pa.array(ids, pa.string())
    if np.array_equal(best, np.arange(n)):
        assert checked(table, OUTPUTS[direction], given_ids).num_rows == n
    else:
        with pytest.raises(SchemaError, match="not sorted best first"):
            checked(table, OUTPUTS[direction], given_ids)
