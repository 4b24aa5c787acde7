from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from hitsieve.chem.codes import ATOM_FIELDS, BOND_FIELDS, MolCodes
from hitsieve.errors import SchemaError
from hitsieve.graphs.packed import (
    ATOM_FIELDS_COUNT,
    BOND_FIELDS_COUNT,
    GRAPH_COLUMNS,
    PackedGraphs,
    concat,
    ragged,
)
from hitsieve.schema.tables import GRAPH

SMILES = ["CCO", "[Na+]", "c1ccccc1C(=O)N", "C", "OC(F)(Cl)Br"]


def _random_codes(rng: np.random.Generator, n_atoms: int, n_bonds: int) -> MolCodes:
    first = rng.integers(0, max(1, n_atoms - 1), n_bonds)
    ends = np.stack([first, first + 1], axis=1)
    return MolCodes(
        n_atoms,
        n_bonds,
        rng.integers(0, 256, (n_atoms, 8)).astype(np.uint8),
        ends.astype(np.uint8),
        rng.integers(0, 256, (n_bonds, 4)).astype(np.uint8),
    )


@st.composite
def packed_graphs(draw: st.DrawFn) -> PackedGraphs:
    sizes = draw(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=7))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    return PackedGraphs.from_codes(_random_codes(rng, a, b if a > 1 else 0) for a, b in sizes)


def _same(found: PackedGraphs, expected: PackedGraphs) -> None:
    for name in GRAPH_COLUMNS:
        assert_array_equal(getattr(found, name), getattr(expected, name))


def _table(graphs: PackedGraphs) -> pa.Table:
    return pa.table(graphs.columns())


def test_field_counts_are_those_of_the_featurizer() -> None:
    assert len(ATOM_FIELDS) == ATOM_FIELDS_COUNT
    assert len(BOND_FIELDS) == BOND_FIELDS_COUNT
    assert [c.name for c in GRAPH] == list(GRAPH_COLUMNS)


def test_columns_have_the_declared_types() -> None:
    columns = PackedGraphs.from_smiles(SMILES).columns()
    assert {c.name: c.type for c in GRAPH} == {name: a.type for name, a in columns.items()}
    for array in columns.values():
        array.validate(full=True)


@given(packed_graphs(), st.integers(1, 4), st.data())
@settings(max_examples=60, deadline=None)
def test_table_round_trip_whole_sliced_and_chunked(
    graphs: PackedGraphs, chunk: int, data: st.DataObject
) -> None:
    table = _table(graphs)
    _same(PackedGraphs.from_table(table), graphs)
    start = data.draw(st.integers(0, len(graphs)))
    length = data.draw(st.integers(0, len(graphs)))
    part = np.arange(start, min(start + length, len(graphs)))
    _same(PackedGraphs.from_table(table.slice(start, length)), graphs.take(part))
    chunked = pa.concat_tables(
        [table.slice(i, chunk) for i in range(0, len(graphs), chunk)] or [table]
    )
    _same(PackedGraphs.from_table(chunked), graphs)


@given(packed_graphs(), st.data())
@settings(max_examples=60, deadline=None)
def test_take_and_concat_equal_a_loop(graphs: PackedGraphs, data: st.DataObject) -> None:
    places = data.draw(st.lists(st.integers(0, max(0, len(graphs) - 1)), max_size=8))
    chosen = np.array(places if len(graphs) else [], dtype=np.int64)
    one_by_one = concat([graphs.take(np.array([i])) for i in chosen])
    _same(graphs.take(chosen), one_by_one)


def test_values_survive_the_way_through_arrow() -> None:
    graphs = PackedGraphs.from_table(_table(PackedGraphs.from_smiles(SMILES)))
    assert graphs.n_atoms.tolist() == [3, 1, 9, 1, 5]
    assert graphs.n_bonds.tolist() == [2, 0, 9, 0, 4]
    assert graphs.atom_codes[:, 0].tolist()[:4] == [6, 6, 8, 11]
    assert graphs.bond_index[:2].tolist() == [[0, 1], [1, 2]]


def test_large_binary_and_wider_counts_are_read() -> None:
    graphs = PackedGraphs.from_smiles(SMILES)
    table = _table(graphs)
    for name in GRAPH_COLUMNS:
        kind = pa.int64() if name.startswith("n_") else pa.large_binary()
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table.column(name).cast(kind))
    _same(PackedGraphs.from_table(table), graphs)


def _with(table: pa.Table, name: str, values: Any) -> pa.Table:
    place = table.schema.get_field_index(name)
    kind = table.schema.field(name).type
    return table.set_column(
        place, name, values if isinstance(values, pa.Array) else pa.array(values, kind)
    )


@pytest.mark.parametrize(
    ("name", "row", "value", "words"),
    [
        ("atom_codes", 2, b"\x06" * 71, "row 2: 71 bytes for 9 entries"),
        ("bond_codes", 0, b"", "row 0: 0 bytes for 2 entries"),
        ("bond_index", 4, bytes([0, 1, 0, 2, 0, 3, 0, 5]), "row 4: a bond joins atoms 0 and 5"),
        ("bond_index", 0, bytes([0, 1, 1, 1]), "row 0: a bond joins atoms 1 and 1"),
        ("n_atoms", 3, 2, "row 3: 8 bytes for 2 entries"),
        ("n_bonds", 1, None, "1 nulls"),
        ("atom_codes", 1, None, "1 nulls"),
    ],
)
def test_a_corrupt_row_is_named(name: str, row: int, value: Any, words: str) -> None:
    table = _table(PackedGraphs.from_smiles(SMILES))
    values = table.column(name).to_pylist()
    values[row] = value
    with pytest.raises(SchemaError, match=words):
        PackedGraphs.from_table(_with(table, name, values), where="shard-00007")


def test_shifted_codes_between_rows_are_refused() -> None:
    # the joined bytes are unchanged: only the per-row check can see it
    table = _table(PackedGraphs.from_smiles(["CC", "CCC"]))
    values = [b"".join(table.column("atom_codes").to_pylist()), b""]
    with pytest.raises(SchemaError, match="row 0"):
        PackedGraphs.from_table(_with(table, "atom_codes", values))


def test_negative_counts_are_refused() -> None:
    table = _table(PackedGraphs.from_smiles(["CC"]))
    with pytest.raises(SchemaError, match="negative"):
        PackedGraphs.from_table(_with(table, "n_atoms", pa.array([-1], pa.int32())))


@pytest.mark.parametrize("name", GRAPH_COLUMNS)
def test_a_missing_or_wrongly_typed_column_is_named(name: str) -> None:
    table = _table(PackedGraphs.from_smiles(SMILES))
    with pytest.raises(SchemaError, match=name):
        PackedGraphs.from_table(table.drop_columns([name]))
    with pytest.raises(SchemaError, match=name):
        PackedGraphs.from_table(_with(table, name, pa.array(["a"] * len(SMILES))))


def test_empty_graphs() -> None:
    empty = PackedGraphs.empty()
    assert len(empty) == 0
    assert len(concat([])) == 0
    _same(PackedGraphs.from_table(_table(empty)), empty)
    _same(empty.take(np.array([], dtype=np.int64)), empty)


def test_unreadable_smiles_is_named() -> None:
    with pytest.raises(ValueError, match="not-a-smiles"):
        PackedGraphs.from_smiles(["C", "not-a-smiles"])


def test_ragged_runs() -> None:
    starts, lengths = np.array([3, 0, 7]), np.array([2, 0, 1])
    assert ragged(starts, lengths).tolist() == [3, 4, 7]
    assert ragged(np.array([], dtype=np.int64), np.array([], dtype=np.int64)).tolist() == []
