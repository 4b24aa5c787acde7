from __future__ import annotations

import pytest

from hitsieve.chem.elements import check_atoms, check_ions, check_parent, is_metal
from hitsieve.chem.molecule import parse
from hitsieve.chem.outcome import Refused
from hitsieve.schema.codes import Code


@pytest.mark.parametrize(
    "smiles",
    ["CCO", "[Na+].[Cl-]", "[Ca+2]", "CC(=O)O[K]", "C[Si](C)C", "[123I]C", "CS(=O)(=O)[O-]"],
)
def test_organic_atoms_and_simple_counter_ions_pass(smiles: str) -> None:
    check_atoms(parse(smiles))


@pytest.mark.parametrize(
    ("smiles", "code"),
    [
        ("*C", Code.GENERIC_STRUCTURE),
        ("[300C]", Code.IMPOSSIBLE_NUCLIDE),
        ("[N+4]", Code.IMPOSSIBLE_CHARGE),
        ("[Na+2]", Code.METAL),
        ("[Fe+2]", Code.METAL),
        ("C[Mg]Br", Code.METAL),
        ("N[Pt](N)(Cl)Cl", Code.METAL),
        ("[He]", Code.UNSUPPORTED_ELEMENT),
        ("C$C", Code.UNSUPPORTED_BOND),
    ],
)
def test_other_atoms_are_refused(smiles: str, code: Code) -> None:
    with pytest.raises(Refused) as caught:
        check_atoms(parse(smiles))
    assert caught.value.code == code


@pytest.mark.parametrize("smiles", ["[CH-](C#N)C#N", "CC(=O)[CH-]C(C)=O", "[C-]#[N+]C", "C[C+]N"])
def test_stabilized_ions_pass(smiles: str) -> None:
    check_ions(parse(smiles))


@pytest.mark.parametrize("smiles", ["C[CH2-]", "C[CH+]C", "C=C[CH2-]"])
def test_bare_carbon_ions_are_refused(smiles: str) -> None:
    with pytest.raises(Refused) as caught:
        check_ions(parse(smiles))
    assert caught.value.code == Code.UNSTABLE_ION


@pytest.mark.parametrize("smiles", ["C[CH2]", "C[C]C", "CC[O]", "CC[NH]"])
def test_radicals_are_refused(smiles: str) -> None:
    with pytest.raises(Refused) as caught:
        check_parent(parse(smiles))
    assert caught.value.code == Code.RADICAL


@pytest.mark.parametrize(
    ("smiles", "word"),
    [("CC1(C)CCCC(C)(C)N1[O]", "nitroxide"), ("C[n+]1ccccc1", "+1"), ("OB(O)C", "B")],
)
def test_rare_features_are_noted(smiles: str, word: str) -> None:
    (note,) = check_parent(parse(smiles))
    assert note.code == Code.UNUSUAL
    assert word in note.message


def test_metals() -> None:
    assert all(is_metal(number) for number in (3, 11, 26, 50, 78, 80, 92))
    assert not any(is_metal(number) for number in (0, 1, 2, 5, 6, 14, 33, 34, 52, 53, 54))
