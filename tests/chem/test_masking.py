from __future__ import annotations

import pytest

from hitsieve.chem.masking import symmetry_classes, without_each_atom
from hitsieve.chem.molecule import parse

SMILES = (
    "CC(=O)Oc1ccccc1C(=O)O",
    "O=[N+]([O-])c1ccncc1",
    "c1cc[nH]c1",
    "C[N+](C)(C)CC(=O)[O-]",
    "CS(N)(=O)=O",
    "C[C@H](N)C(=O)O",
    "C/C=C/C#N",
)


@pytest.mark.parametrize("smiles", SMILES)
def test_each_atom_is_taken_out_once(smiles: str) -> None:
    mol = parse(smiles)
    assert mol is not None
    parts = without_each_atom(smiles)
    assert len(parts) == mol.GetNumAtoms()
    for index, part in enumerate(parts):
        left = parse(part)
        assert left is not None, (smiles, index, part)
        assert left.GetNumAtoms() == mol.GetNumAtoms() - 1
        kept = sorted(a.GetSymbol() for a in mol.GetAtoms() if a.GetIdx() != index)
        assert sorted(a.GetSymbol() for a in left.GetAtoms()) == kept
        assert not any(a.GetNumRadicalElectrons() for a in left.GetAtoms())


def test_equivalent_atoms_share_a_class() -> None:
    classes = symmetry_classes("Cc1ccccc1")
    assert classes[2] == classes[6]
    assert classes[3] == classes[5]
    assert len(set(classes)) == 5


def test_unreadable_text_is_named() -> None:
    for ask in (without_each_atom, symmetry_classes):
        with pytest.raises(ValueError, match="C1CC"):
            ask("C1CC")
