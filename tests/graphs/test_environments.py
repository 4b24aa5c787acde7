"""Environments against their definition: nested multisets, built by recursion."""

from __future__ import annotations

from collections import Counter
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hitsieve.graphs.environments import Environments, find_environments
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.graphs.vocabulary import load_vocabulary
from hitsieve.testing.scorer_kit import SAMPLE_SMILES, shuffle_atoms

VOCABULARY = load_vocabulary("chemprop_v2")


def _by_definition(packed: PackedGraphs, depth: int) -> list[object]:
    """Name the environment of every atom by what it is, not by a number."""
    atom_rows = [tuple(r) for r in VOCABULARY.atom_rows(packed.atom_codes).tolist()]
    bond_rows = [tuple(r) for r in VOCABULARY.bond_rows(packed.bond_codes).tolist()]
    shift = np.repeat(packed.atom_offsets[:-1], packed.n_bonds)
    bonds = {}
    for number, (v, w) in enumerate((packed.bond_index + shift[:, None]).tolist()):
        bonds[v, w] = bonds[w, v] = bond_rows[number]

    def multiset(items: list[object]) -> object:
        return frozenset(Counter(items).items())

    @cache
    def bond(v: int, w: int, radius: int) -> object:
        kind = (atom_rows[v], bonds[v, w])
        if radius == 0:
            return kind
        return kind, multiset([bond(u, x, radius - 1) for u, x in bonds if x == v and u != w])

    return [
        (atom_rows[v], multiset([bond(u, x, depth - 1) for u, x in bonds if x == v]))
        for v in range(len(atom_rows))
    ]


def _same_partition(numbers: list[int], names: list[object]) -> bool:
    pairs = set(zip(numbers, names, strict=True))
    return len(pairs) == len(set(numbers)) == len(set(names))


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_atoms_share_a_number_exactly_if_they_share_an_environment(depth: int) -> None:
    packed = PackedGraphs.from_smiles([*SAMPLE_SMILES, "[Na+]", "CC(C)(C)C", "C1CCCCC1"])
    found = find_environments(packed, VOCABULARY, depth)
    assert _same_partition(found.graph_atoms.tolist(), _by_definition(packed, depth))


@given(st.integers(0, 2**32), st.integers(1, 4))
@settings(max_examples=30, deadline=None)
def test_random_graphs_are_partitioned_alike(seed: int, depth: int) -> None:
    # few kinds of atoms and bonds, so that kinds and numbers of neighbors coincide often
    rng = np.random.default_rng(seed)
    n_atoms = rng.integers(1, 7, 6)
    pairs = [[(v, int(rng.integers(0, v))) for v in range(1, n)] for n in n_atoms.tolist()]
    atom_codes = np.zeros((int(n_atoms.sum()), 8), dtype=np.uint8)
    atom_codes[:, 0] = rng.integers(6, 8, len(atom_codes))
    index = np.array([p for part in pairs for p in part], dtype=np.uint8).reshape(-1, 2)
    bond_codes = np.ones((len(index), 4), dtype=np.uint8)
    bond_codes[:, 0] = rng.integers(1, 3, len(index))
    n_bonds = np.array([len(part) for part in pairs])
    packed = PackedGraphs(n_atoms, n_bonds, atom_codes, index, bond_codes)
    found = find_environments(packed, VOCABULARY, depth)
    assert _same_partition(found.graph_atoms.tolist(), _by_definition(packed, depth))


def _check_runs(found: Environments) -> None:
    before = len(found.bond_source)
    for level in [*found.bonds, found.atoms]:
        assert level.offsets[0] == 0
        assert level.offsets[-1] == len(level.rows)
        is_kind = np.zeros(len(level.rows), dtype=bool)
        is_kind[level.offsets[:-1]] = True
        assert level.rows[is_kind].max(initial=-1) < level.n_kinds
        assert level.rows[~is_kind].min(initial=level.n_kinds) >= level.n_kinds
        assert level.rows.max(initial=-1) < level.n_kinds + before
        before = len(level)
    assert found.graph_atoms.max(initial=-1) == len(found.atoms) - 1


def test_runs_point_into_the_level_before() -> None:
    packed = PackedGraphs.from_smiles(SAMPLE_SMILES)
    found = find_environments(packed, VOCABULARY, 4)
    assert len(found) == len(packed)
    assert [len(level) for level in found.bonds] == sorted(len(level) for level in found.bonds)
    _check_runs(found)


def test_order_of_atoms_does_not_change_how_many_there_are() -> None:
    packed = PackedGraphs.from_smiles(SAMPLE_SMILES)
    shuffled = shuffle_atoms(packed, np.random.default_rng(3))
    first, second = (find_environments(p, VOCABULARY, 3) for p in (packed, shuffled))
    assert [len(x) for x in first.bonds] == [len(x) for x in second.bonds]
    assert len(first.atoms) == len(second.atoms)


@pytest.mark.parametrize("smiles", [[], ["C"], ["[Na+]", "C", "[Na+]"]])
def test_molecules_without_bonds(smiles: list[str]) -> None:
    found = find_environments(PackedGraphs.from_smiles(smiles), VOCABULARY, 3)
    assert len(found.bond_source) == 0
    assert len(found.atoms) == len(set(smiles))
    assert len(found) == len(smiles)
    _check_runs(found)
