from __future__ import annotations

import pytest
from rdkit import Chem

from hitsieve.chem.fragments import choose_parent, flat_smiles, has_carbon
from hitsieve.chem.molecule import parse
from hitsieve.chem.outcome import Refused
from hitsieve.chem.policy import ChemPolicy
from hitsieve.schema.codes import Code


def parent(smiles: str, **limits: float) -> tuple[str, list[Code]]:
    pieces = list(Chem.GetMolFrags(parse(smiles), asMols=True))
    fragment, notes = choose_parent(pieces, ChemPolicy(**limits))
    return fragment.smiles, [note.code for note in notes]


@pytest.mark.parametrize(
    ("smiles", "expected", "codes"),
    [
        ("CCO", "CCO", []),
        ("CC(=O)[O-].[Na+]", "CC(=O)O", [Code.SALT_STRIPPED]),
        ("CC(=O)O.CCO", "CC(=O)O", [Code.SALT_STRIPPED]),
        ("CCO.O", "CCO", [Code.SALT_STRIPPED]),
        ("CCO.CCO.O", "CCO", [Code.DUPLICATE_FRAGMENT, Code.SALT_STRIPPED]),
        ("CN.OC(=O)C(O)C(O)C(=O)O", "CN", [Code.SALT_STRIPPED]),
        ("CN.OC(=O)[C@H](O)[C@@H](O)C(=O)O", "CN", [Code.SALT_STRIPPED]),
        ("CN.[2H]O[2H]", "CN", [Code.SALT_STRIPPED]),
        ("CCCCCCCCCCCCc1ccccc1.CCCS", "CCCCCCCCCCCCc1ccccc1", [Code.SALT_STRIPPED]),
    ],
)
def test_the_list_decides_and_not_the_size(smiles: str, expected: str, codes: list[Code]) -> None:
    assert parent(smiles) == (expected, codes)


@pytest.mark.parametrize("smiles", ["CCCCS.CCCCCS", "CC(=O)O.OC=O", "CCO.CO"])
def test_components_of_like_standing_are_a_mixture(smiles: str) -> None:
    with pytest.raises(Refused) as caught:
        parent(smiles)
    assert caught.value.code == Code.MIXTURE


def test_the_ratio_of_sizes_is_a_setting() -> None:
    assert parent("CCCCCCCCCCS.CCCCS")[0] == "CCCCCCCCCCS"
    with pytest.raises(Refused):
        parent("CCCCCCCCCCS.CCCCS", mixture_ratio=0.1)


def test_without_carbon_there_is_no_parent() -> None:
    with pytest.raises(Refused) as caught:
        parent("[Na+].[Cl-].O")
    assert caught.value.code == Code.NO_CARBON
    assert not has_carbon(parse("ClP(Cl)Cl"))


def test_flat_smiles_forget_stereo_and_isotopes() -> None:
    assert flat_smiles(parse("[2H]O[C@@H](C)[13CH2]Cl")) == flat_smiles(parse("OC(C)CCl"))
