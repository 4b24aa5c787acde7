from __future__ import annotations

import pytest

from hitsieve.chem.molecule import parse
from hitsieve.chem.protonation import protonated
from hitsieve.errors import InputError


@pytest.mark.parametrize(
    ("drawn", "charged"),
    [
        ("CC(=O)O", "CC(=O)[O-]"),
        ("CC(=O)[O-]", "CC(=O)[O-]"),
        ("CS(=O)(=O)O", "CS(=O)(=O)[O-]"),
        ("CP(=O)(O)O", "CP(=O)([O-])O"),  # the second proton stays at this pH
        ("c1ccccc1-c1nnn[nH]1", "c1ccccc1-c1nnn[n-]1"),
        ("c1ccccc1-c1nn[nH]n1", "c1ccccc1-c1nn[n-]n1"),
        ("CC(=O)NS(C)(=O)=O", "CC(=O)[N-]S(C)(=O)=O"),
        ("CCN", "CC[NH3+]"),
        ("C1CCNCC1", "C1CC[NH2+]CC1"),
        ("CN1CCN(Cc2ccccc2)CC1", "C[NH+]1CCN(Cc2ccccc2)CC1"),  # one of two near amines
        ("NCCCCCCN", "[NH3+]CCCCCC[NH3+]"),  # far enough from each other
        ("NC(=N)NC", "CNC(N)=[NH2+]"),
        ("NC(=N)c1ccccc1", "NC(=[NH2+])c1ccccc1"),
        ("CN(C)c1ccncc1", "CN(C)c1cc[nH+]cc1"),
        ("NCC(=O)O", "[NH3+]CC(=O)[O-]"),
    ],
)
def test_groups_that_are_charged_in_water(drawn: str, charged: str) -> None:
    assert protonated(drawn, "ph") == protonated(charged, "as_drawn")


@pytest.mark.parametrize(
    "smiles",
    [
        "CC(=O)N", "CS(N)(=O)=O", "Nc1ccccc1", "c1ccncc1", "c1c[nH]cn1", "Oc1ccccc1", "CC#N",
        "CCOC(C)=O", "C1CNCCO1", "FC(F)(F)CN", "CC(=O)NC(=N)N",
        "C=CN(C)C", "CN(C)O", "C[N+](C)(C)C", "C[N+](=O)[O-]", "Cn1cnc2c1c(=O)n(C)c(=O)n2C",
    ],
)  # fmt: skip
def test_groups_that_are_not(smiles: str) -> None:
    assert protonated(smiles, "ph") == protonated(smiles, "as_drawn")


def test_the_ph_decides() -> None:
    assert protonated("c1c[nH]cn1", "ph", ph=6.0) == protonated("c1c[nH]c[nH+]1", "as_drawn")
    assert protonated("CC(=O)O", "ph", ph=3.0) == "CC(=O)O"
    assert protonated("Oc1ccccc1", "ph", ph=11.0) == "[O-]c1ccccc1"


def test_rules_without_a_table() -> None:
    assert protonated("CC(=O)[O-]", "neutral") == "CC(=O)O"
    assert protonated("CC(=O)[O-]", "as_drawn") == "CC(=O)[O-]"


@pytest.mark.parametrize("rule", ["ph", "neutral", "as_drawn"])
def test_the_writing_of_a_compound_does_not_matter(rule: str) -> None:
    forms = ["C[NH+]1CCN(CC1)Cc1ccccc1", "c1ccccc1CN1CC[NH+](C)CC1"]
    assert len({protonated(form, rule) for form in forms}) == 1  # type: ignore[arg-type]
    both = ["C1CNCCN1", "N1CCNCC1"]
    assert len({protonated(form, rule) for form in both}) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize("smiles", ["OC(=O)C[C@H](N)C(=O)O", "C/C=C/C[NH2]", "[13CH3]CN"])
def test_nothing_but_protons_changes(smiles: str) -> None:
    before, after = parse(smiles), parse(protonated(smiles, "ph"))
    assert before is not None
    assert after is not None
    assert protonated(protonated(smiles, "ph"), "neutral") == protonated(smiles, "neutral")


def test_what_cannot_be_read_is_refused() -> None:
    with pytest.raises(InputError):
        protonated("not a structure", "ph")
