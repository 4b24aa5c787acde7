from __future__ import annotations

import numpy as np
import pytest
from rdkit import Chem

from hitsieve.chem import codes
from hitsieve.chem.codes import (
    ATOM_FIELDS,
    BOND_FIELDS,
    CHARGE_OFFSET,
    featurizer_fingerprint,
    mol_codes,
)
from hitsieve.chem.molecule import parse

SMILES = [
    "CCO",
    "C[C@H](N)C(=O)O",
    "F/C=C/C#N",
    "C[N+](C)(C)CC(=O)[O-]",
    "c1ccc2[nH]ccc2c1",
    "CP(F)(F)(F)F",
    "FS(F)(F)(F)(F)F",
    "C[N+](=O)[O-]",
    "[O-][n+]1ccccc1",
    "CC1(C)CCCC(C)(C)N1[O]",
    "[2H]C",
    "OB(O)c1ccc[se]1",
    "C1CC1C=C=C",
]


@pytest.mark.parametrize("smiles", SMILES)
def test_every_code_is_what_rdkit_says(smiles: str) -> None:
    mol = parse(smiles)
    found = mol_codes(mol)
    atoms = [
        [
            a.GetAtomicNum(),
            a.GetTotalDegree(),
            a.GetFormalCharge() + CHARGE_OFFSET,
            int(a.GetChiralTag()),
            a.GetTotalNumHs(),
            int(a.GetHybridization()),
            int(a.GetIsAromatic()),
            int(a.IsInRing()),
        ]
        for a in mol.GetAtoms()
    ]
    bonds = [
        [int(b.GetBondType()), int(b.GetIsConjugated()), int(b.IsInRing()), int(b.GetStereo())]
        for b in mol.GetBonds()
    ]
    ends = [[b.GetBeginAtomIdx(), b.GetEndAtomIdx()] for b in mol.GetBonds()]
    assert found.atom_codes.tolist() == atoms
    assert found.bond_codes.tolist() == bonds
    assert found.bond_index.tolist() == ends
    assert (found.n_atoms, found.n_bonds) == (mol.GetNumAtoms(), mol.GetNumBonds())


@pytest.mark.parametrize("smiles", SMILES)
def test_codes_stay_within_their_declared_sizes(smiles: str) -> None:
    found = mol_codes(parse(smiles))
    for array, fields in ((found.atom_codes, ATOM_FIELDS), (found.bond_codes, BOND_FIELDS)):
        assert array.dtype == np.uint8
        assert array.shape[1] == len(fields)
        assert (array < np.array([field.size for field in fields])).all()


def test_the_documented_numbers_are_rdkit_s() -> None:
    assert {int(v) for v in Chem.ChiralType.values} == set(range(9))
    assert {int(v) for v in Chem.HybridizationType.values} == set(range(9))
    assert {int(v) for v in Chem.BondType.values} == set(range(22))
    assert {int(v) for v in Chem.BondStereo.values} == set(range(8))
    assert int(Chem.HybridizationType.SP3) == 4
    assert int(Chem.BondType.AROMATIC) == 12
    assert int(Chem.BondStereo.STEREOE) == 3


def test_a_lone_atom_has_no_bonds() -> None:
    found = mol_codes(parse("C"))
    assert found.atom_codes.shape == (1, 8)
    assert found.bond_index.shape == (0, 2)
    assert found.bond_codes.shape == (0, 4)


def test_more_atoms_than_a_byte_can_name_are_refused() -> None:
    assert mol_codes(parse("C" * 255)).n_atoms == 255
    with pytest.raises(ValueError, match="256 atoms"):
        mol_codes(parse("C" * 256))


def test_the_fingerprint_follows_version_and_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    before = featurizer_fingerprint()
    monkeypatch.setattr(codes, "FEATURIZER_VERSION", codes.FEATURIZER_VERSION + 1)
    assert featurizer_fingerprint() != before
