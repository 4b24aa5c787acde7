from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from hitsieve.chem.fingerprints import morgan_from_smiles
from hitsieve.errors import SchemaError
from hitsieve.graphs.packed import GRAPH_COLUMNS
from hitsieve.schema.tables import LIBRARY
from hitsieve.scoring.batch import BATCH_COLUMNS, CompoundBatch, join_batches

SMILES = ["CCO", "[Na+]", "c1ccccc1C(=O)N", "C"]


def _table() -> pa.Table:
    batch = CompoundBatch.from_smiles(SMILES, ["d", "a", "c", "b"])
    return pa.table(
        {
            "compound_id": batch.compound_ids,
            "parent_smiles": batch.smiles,
            **batch.graphs.columns(),
            "morgan": pa.array([row.tobytes() for row in batch.morgan], pa.binary(256)),
        }
    )


def _same(found: CompoundBatch, expected: CompoundBatch) -> None:
    assert found.compound_ids.to_pylist() == expected.compound_ids.to_pylist()
    assert found.smiles.to_pylist() == expected.smiles.to_pylist()
    assert np.array_equal(found.morgan, expected.morgan)
    for name in GRAPH_COLUMNS:
        assert np.array_equal(getattr(found.graphs, name), getattr(expected.graphs, name))


def test_the_columns_are_declared_for_a_library() -> None:
    assert set(BATCH_COLUMNS) <= set(LIBRARY.names)
    types = {c.name: c.type for c in LIBRARY.columns}
    assert all(types[field.name] == field.type for field in _table().schema)


def test_from_library_equals_from_smiles_sliced_and_chunked() -> None:
    table = _table()
    whole = CompoundBatch.from_smiles(SMILES, ["d", "a", "c", "b"])
    _same(CompoundBatch.from_library(table), whole)
    _same(CompoundBatch.from_library(table.slice(1, 2)), whole.take(np.array([1, 2])))
    chunked = pa.concat_tables([table.slice(i, 1) for i in range(4)])
    _same(CompoundBatch.from_library(chunked), whole)
    assert len(CompoundBatch.from_library(table.slice(0, 0))) == 0
    assert len(CompoundBatch.from_library(table.schema.empty_table())) == 0


def test_fingerprints_are_those_of_the_chemistry() -> None:
    batch = CompoundBatch.from_smiles(SMILES)
    assert np.array_equal(batch.morgan, morgan_from_smiles(SMILES))
    assert batch.compound_ids.to_pylist() == ["0", "1", "2", "3"]


def test_no_smiles() -> None:
    assert len(CompoundBatch.from_smiles([])) == 0


def test_a_missing_column_is_named() -> None:
    with pytest.raises(SchemaError, match="morgan"):
        CompoundBatch.from_library(_table().drop_columns(["morgan"]), where="shard-00001")


def test_parts_of_different_length_are_refused() -> None:
    batch = CompoundBatch.from_smiles(SMILES)
    with pytest.raises(SchemaError, match="'morgan': 3"):
        CompoundBatch(batch.compound_ids, batch.smiles, batch.graphs, batch.morgan[:3])
    with pytest.raises(SchemaError, match="'compound_ids': 2"):
        CompoundBatch.from_smiles(SMILES, ["a", "b"])


def test_joined_batches_are_in_order() -> None:
    first, second = CompoundBatch.from_smiles(["CCO", "C"]), CompoundBatch.from_smiles(["c1ccccc1"])
    joined = join_batches([first, second])
    whole = CompoundBatch.from_smiles(["CCO", "C", "c1ccccc1"], ["0", "1", "0"])
    assert joined.compound_ids.equals(whole.compound_ids)
    assert joined.smiles.equals(whole.smiles)
    assert np.array_equal(joined.morgan, whole.morgan)
    assert np.array_equal(joined.graphs.bond_index, whole.graphs.bond_index)
    assert np.array_equal(joined.graphs.n_atoms, whole.graphs.n_atoms)


def test_what_models_share_is_computed_once() -> None:
    batch = CompoundBatch.from_smiles(SMILES)
    asked: list[int] = []

    def answer() -> int:
        asked.append(1)
        return len(asked)

    assert [batch.once("a", answer), batch.once("a", answer), batch.once("b", answer)] == [1, 1, 2]
    assert batch.take(np.arange(2)).once("a", answer) == 3, "a part is another batch"
