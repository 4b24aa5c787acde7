from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from hitsieve.chem.codes import mol_codes
from hitsieve.chem.crippen import logp_types
from hitsieve.chem.molecule import parse
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.graphs.patterns import Atoms, parse_pattern

SMILES = [
    "CC(=O)Oc1ccccc1C(=O)O",
    "CN1CCC[C@H]1c1cccnc1",
    "O=[N+]([O-])c1ccc(NC(=O)CN2CCOCC2)cc1",
    "C[N+](C)(C)CC(=O)[O-]",
    "CC(C)(C)OC(=O)N1CCC(F)(F)C1",
    "C=C=C",
    "C#CC(=C)c1ccco1",
    "CS(=O)(=O)Nc1nncs1",
    "CN=[N+]=[N-]",
    "OP(O)(=O)OCC(Br)CI",
    "c1ccc2[nH]ccc2c1",
    "O=C(c1ccccc1)c1ccc(Cl)cc1",
    "C",
]
HEAVY = [pattern for pattern, _ in logp_types() if not pattern.startswith("[#1]")]


def atoms_of(smiles: list[str]) -> Atoms:
    return Atoms.of(PackedGraphs.from_codes(mol_codes(parse(text)) for text in smiles))


@pytest.mark.parametrize("pattern", HEAVY)
def test_matches_are_rdkit_s(pattern: str) -> None:
    query = Chem.MolFromSmarts(pattern)
    found = atoms_of(SMILES).match(pattern)
    start = 0
    for text in SMILES:
        mol = parse(text)
        wanted = {match[0] for match in mol.GetSubstructMatches(query, uniquify=False)}
        stop = start + mol.GetNumAtoms()
        assert set(np.flatnonzero(found[start:stop])) == wanted, text
        start = stop


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(SMILES), max_size=5), st.sampled_from(HEAVY))
def test_molecules_do_not_touch_each_other(smiles: list[str], pattern: str) -> None:
    alone = [atoms_of([text]).match(pattern) for text in smiles]
    together = atoms_of(smiles).match(pattern)
    assert np.array_equal(together, np.concatenate([np.zeros(0, bool), *alone]))


def test_hydrogens_are_matched_at_what_holds_them() -> None:
    atoms = atoms_of(["CCO", "CC(=O)O"])
    assert atoms.held_by("[#1][#6,#1]").tolist() == [True, True, False, True, True, False, False]
    assert atoms.held_by("[#1]O[CX4,c]").tolist() == [False, False, True] + [False] * 4
    assert atoms.held_by("[#1]").all()


@pytest.mark.parametrize("pattern", ["", "[$(CC)]", "C1CC1", "C.C", "[C@H]", "[C;r5]", "C~C"])
def test_other_smarts_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="no simple"):
        atoms_of(["CCO"]).match(pattern)


def test_a_chain_hangs_on_its_atom() -> None:
    root = parse_pattern("[O]=[CH]C")
    assert (root.atom, root.children[0].atom, root.children[0].bond) == ("[O]", "[CH]", "=")
    assert root.children[0].children[0].atom == "C"
