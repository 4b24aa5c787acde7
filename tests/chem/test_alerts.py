from __future__ import annotations

import pytest

from hitsieve.chem.alerts import structural_alerts


def test_known_alerts_are_named_with_their_set() -> None:
    assert structural_alerts("CC(=O)Cl") == ["BRENK: acid_halide"]
    rhodanine = structural_alerts("O=C1NC(=S)SC1=Cc1ccccc1")
    assert any(name.startswith("PAINS: ene_rhod") for name in rhodanine)
    assert rhodanine == sorted(set(rhodanine))


def test_a_clean_compound_has_none() -> None:
    assert structural_alerts("CC(=O)NC1CCCCC1") == []


def test_an_unreadable_smiles_is_named() -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        structural_alerts("C1CC")
