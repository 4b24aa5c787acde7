from __future__ import annotations

import pytest
from rdkit.Chem import Crippen, Descriptors, Lipinski, rdMolDescriptors

from hitsieve.chem.descriptors import descriptors
from hitsieve.chem.molecule import parse
from hitsieve.schema.tables import DESCRIPTORS


@pytest.mark.parametrize(
    "smiles", ["CCO", "C[N+](C)(C)CCO", "CC(=O)Nc1ccc(O)cc1", "c1ccc2[nH]ccc2c1"]
)
def test_values_are_rdkit_s(smiles: str) -> None:
    mol = parse(smiles)
    found = descriptors(mol)
    assert list(found) == [column.name for column in DESCRIPTORS]
    assert found["mw"] == pytest.approx(Descriptors.MolWt(mol))
    assert found["clogp"] == pytest.approx(Crippen.MolLogP(mol))
    assert found["tpsa"] == pytest.approx(Descriptors.TPSA(mol))
    assert found["hbd"] == Lipinski.NHOHCount(mol)
    assert found["hba"] == Lipinski.NOCount(mol)
    assert found["rotatable_bonds"] == rdMolDescriptors.CalcNumRotatableBonds(
        mol, rdMolDescriptors.NumRotatableBondsOptions.Strict
    )
    assert found["fsp3"] == pytest.approx(Lipinski.FractionCSP3(mol))


def test_known_values() -> None:
    found = descriptors(parse("C[N+](C)(C)CC(=O)[O-]"))
    assert (found["charge"], found["heavy_atoms"], found["rings"]) == (0, 8, 0)
    assert descriptors(parse("C[N+](C)(C)C"))["charge"] == 1
