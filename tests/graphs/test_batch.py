from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hitsieve.graphs.batch import batches_by_size, batches_in_order, make_batch
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.graphs.vocabulary import load_vocabulary

VOCABULARY = load_vocabulary("chemprop_v2")
SMILES = ["CCO", "[Na+]", "c1ccccc1C(=O)N", "C", "OC(F)(Cl)Br"]
PACKED = PackedGraphs.from_smiles(SMILES)


def _sized(sizes: list[int]) -> PackedGraphs:
    total = sum(sizes)
    return PackedGraphs(
        np.array(sizes, dtype=np.int64),
        np.zeros(len(sizes), dtype=np.int64),
        np.zeros((total, 8), dtype=np.uint8),
        np.zeros((0, 2), dtype=np.uint8),
        np.zeros((0, 4), dtype=np.uint8),
    )


def test_edges_are_pairs_of_reverses_within_their_molecule() -> None:
    batch = make_batch(PACKED, np.array([2, 1, 0]), VOCABULARY)
    edges = torch.arange(batch.n_edges)
    assert torch.equal(batch.src[edges ^ 1], batch.dst)
    assert torch.equal(batch.graph_of_atom[batch.src], batch.graph_of_atom[batch.dst])
    assert (batch.n_graphs, batch.n_atoms, batch.n_edges) == (3, 13, 22)
    assert batch.src[-4:].tolist() == [10, 11, 11, 12]
    assert batch.dst[-4:].tolist() == [11, 10, 12, 11]
    assert batch.atom_offsets.tolist() == [0, 9, 10, 13]


def test_incoming_runs_hold_the_edges_into_each_atom() -> None:
    batch = make_batch(PACKED, None, VOCABULARY)
    for atom in range(batch.n_atoms):
        start, stop = batch.incoming_offsets[atom : atom + 2].tolist()
        found = batch.incoming[start:stop]
        assert found.tolist() == torch.nonzero(batch.dst == atom).flatten().tolist()


def test_rows_are_those_of_the_vocabulary() -> None:
    batch = make_batch(PACKED, None, VOCABULARY)
    assert np.array_equal(batch.atom_rows.numpy(), VOCABULARY.atom_rows(PACKED.atom_codes))
    assert np.array_equal(batch.bond_rows.numpy(), VOCABULARY.bond_rows(PACKED.bond_codes))


def test_empty_batch() -> None:
    batch = make_batch(PACKED, np.array([], dtype=np.int64), VOCABULARY)
    assert (batch.n_graphs, batch.n_atoms, batch.n_edges) == (0, 0, 0)
    assert batches_by_size(PackedGraphs.empty()) == []


def test_batch_moves_to_a_device() -> None:
    moved = make_batch(PACKED, None, VOCABULARY).to("meta")
    assert moved.src.device.type == "meta"
    assert moved.n_graphs == len(SMILES)


@given(
    st.lists(st.integers(0, 60), max_size=40),
    st.integers(1, 100),
    st.integers(1, 10),
)
@settings(max_examples=80, deadline=None)
def test_groups_hold_every_molecule_once_within_limits(
    sizes: list[int], max_atoms: int, max_graphs: int
) -> None:
    packed = _sized(sizes)
    groups = batches_by_size(packed, max_atoms, max_graphs)
    joined = np.concatenate([*groups, np.array([], dtype=np.int64)])
    assert sorted(joined.tolist()) == list(range(len(sizes)))
    assert (np.diff(packed.n_atoms[joined.astype(np.int64)]) >= 0).all()
    for group in groups:
        assert len(group) <= max_graphs
        assert packed.n_atoms[group].sum() <= max_atoms or len(group) == 1


@given(st.lists(st.integers(0, 60), max_size=40), st.integers(1, 100))
@settings(max_examples=60, deadline=None)
def test_groups_in_order_keep_the_order(sizes: list[int], max_atoms: int) -> None:
    packed = _sized(sizes)
    groups = batches_in_order(packed, max_atoms)
    assert [i for group in groups for i in group.tolist()] == list(range(len(sizes)))
    for group in groups:
        assert packed.n_atoms[group].sum() <= max_atoms or len(group) == 1
        assert len(group) > 0


def test_groups_of_one_large_molecule() -> None:
    groups = batches_by_size(_sized([5, 200, 5]), max_atoms=12)
    assert [g.tolist() for g in groups] == [[0, 2], [1]]


@pytest.mark.parametrize("limits", [(0, 5), (5, 0)])
def test_limits_below_one_are_refused(limits: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        batches_by_size(PACKED, *limits)
