from __future__ import annotations

import pytest
from rdkit import Chem

from hitsieve.chem.molecule import canonical_smiles, parse
from hitsieve.chem.normalize import TRANSFORMS, disconnect_salts, neutralize, normalize, settle

EXAMPLES = {
    "charge-separated oxide": ("C[Se+](C)[O-]", "C[Se](C)=O"),
    "doubly charge-separated oxide": ("C[S+2](C)([O-])[O-]", "CS(C)(=O)=O"),
    "charge-separated imide": ("C[S+](C)[N-]C", "CN=S(C)C"),
    "charge-separated ylide": ("C[P+](C)(C)[CH2-]", "C=P(C)(C)C"),
    "odd azide": ("C[N-][N+]#N", "CN=[N+]=[N-]"),
    "odd diazo group": ("[CH2-][N+]#N", "C=[N+]=[N-]"),
    "amidinium as carbocation": ("CN(C)[CH+]C", "CC=[N+](C)C"),
    "carbonyl as ion pair": ("C[C+](C)[O-]", "CC(C)=O"),
}


def test_every_transform_has_an_example_and_needs_a_charge() -> None:
    assert set(EXAMPLES) == {name for name, _ in TRANSFORMS}
    for _, smirks in TRANSFORMS:
        assert "+" in smirks.split(">>")[0]


@pytest.mark.parametrize(("given", "expected"), EXAMPLES.values(), ids=EXAMPLES)
def test_a_group_is_redrawn(given: str, expected: str) -> None:
    mol = parse(given)
    assert canonical_smiles(normalize(mol)) == expected
    assert canonical_smiles(mol) == canonical_smiles(parse(given)), "the argument is untouched"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("CC(=O)[O-]", "CC(=O)O"),
        ("C[NH3+]", "CN"),
        ("C[N+](C)(C)CC(=O)[O-]", "C[N+](C)(C)CC(=O)[O-]"),
        ("C[N+](=O)[O-]", "C[N+](=O)[O-]"),
        ("[O-][n+]1ccccc1", "[O-][n+]1ccccc1"),
        ("CC[P-](F)(F)(F)(F)F", "CC[P-](F)(F)(F)(F)F"),
    ],
)
def test_only_protons_balance_charges(given: str, expected: str) -> None:
    assert canonical_smiles(neutralize(parse(given))) == expected


def test_settling_reports_what_it_did() -> None:
    mol, redrawn, neutralized = settle(parse("C[S+]([O-])CC(=O)[O-]"))
    assert (canonical_smiles(mol), redrawn, neutralized) == ("CS(=O)CC(=O)O", True, True)
    assert settle(parse("CCO"))[1:] == (False, False)
    # Redrawn by the one step and drawn back by the other: nothing happened.
    assert settle(parse("CC(C)(N)CO[P+]([O-])=NC1CC1"))[1:] == (False, False)


def test_covalent_salts_come_apart() -> None:
    split = disconnect_salts(parse("CC(=O)O[Mg]OC(C)=O"))
    assert canonical_smiles(split) == "CC(=O)[O-].CC(=O)[O-].[Mg+2]"
    assert len(Chem.GetMolFrags(split)) == 3
    plain = parse("CCO")
    assert disconnect_salts(plain) is plain
