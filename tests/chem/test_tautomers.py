from __future__ import annotations

import pytest

from hitsieve.chem.tautomers import tautomer_free_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Oc1ccccn1", "O=c1cccc[nH]1"),
        ("CC(=O)CC(C)=O", "CC(O)=CC(C)=O"),
        ("c1ccc(cc1)c1cc[nH]n1", "c1ccc(cc1)c1ccn[nH]1"),
        ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O"),
    ],
)
def test_tautomers_and_stereoisomers_share_a_key(one: str, other: str) -> None:
    assert tautomer_free_key(one) == tautomer_free_key(other)


@pytest.mark.parametrize(("one", "other"), [("CCO", "COC"), ("CC=CC", "CCC=C")])
def test_isomers_that_no_hydrogen_joins_differ(one: str, other: str) -> None:
    assert tautomer_free_key(one) != tautomer_free_key(other)


def test_unreadable_text_is_named() -> None:
    with pytest.raises(ValueError, match="C1CC"):
        tautomer_free_key("C1CC")
