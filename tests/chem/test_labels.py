from __future__ import annotations

from hitsieve.chem.labels import without_hydrogens, without_isotopes, without_maps
from hitsieve.chem.molecule import canonical_smiles, parse
from hitsieve.schema.codes import Code


def test_map_numbers_go_and_so_does_stereo_they_made() -> None:
    mol = parse("[CH3:1][C@H:2]([CH3:3])[OH:4]")
    (note,) = without_maps(mol)
    assert note.code == Code.ATOM_MAPS_REMOVED
    assert canonical_smiles(mol) == "CC(C)O"
    assert without_maps(parse("CCO")) == []


def test_hydrogens_that_only_carry_a_geometry_go() -> None:
    assert canonical_smiles(without_hydrogens(parse("[H]/N=C(/C)CC"))) == "CCC(C)=N"
    plain = parse("CCO")
    assert without_hydrogens(plain) is plain
    assert canonical_smiles(without_hydrogens(parse("[2H]C"))) == "[2H]C"


def test_isotopes_go_in_a_copy() -> None:
    mol = parse("[2H][C@H](C)[18F]")
    assert canonical_smiles(without_isotopes(mol)) == "CCF"
    assert canonical_smiles(without_isotopes(parse("[2H]/N=C(/C)CC"))) == "CCC(C)=N"
    assert any(atom.GetIsotope() for atom in mol.GetAtoms())
