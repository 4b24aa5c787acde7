from __future__ import annotations

import pytest

from hitsieve.chem.scaffolds import largest_scaffold, murcko_scaffold


@pytest.mark.parametrize(
    ("smiles", "scaffold"),
    [
        ("CCO", ""),
        ("Cc1ccccc1", "c1ccccc1"),
        ("CCc1ccc(CC2CCN(C)CC2)cc1", "c1ccc(CC2CCNCC2)cc1"),
        ("C[C@H]1CC[C@@H](c2ccccc2)O1", "c1ccc(C2CCCO2)cc1"),
        ("O=C1CCCCC1C", "O=C1CCCCC1"),
    ],
)
def test_rings_and_linkers_remain(smiles: str, scaffold: str) -> None:
    assert murcko_scaffold(smiles) == scaffold


def test_stereoisomers_share_the_scaffold() -> None:
    assert murcko_scaffold("C[C@H]1C[C@@H]1C1CC1") == murcko_scaffold("C[C@@H]1C[C@@H]1C1CC1")


def test_an_unreadable_smiles_is_named() -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        murcko_scaffold("C1CC")


def test_the_largest_is_the_most_frequent_of_what_can_be_read() -> None:
    assert largest_scaffold(["C1CC", "CCO", "Cc1ccccc1", "Cc1ccncc1", "Oc1ccncc1"]) == (
        "c1ccncc1",
        2,
    )
    assert largest_scaffold(["Cc1ccccc1", "CCO"]) == ("", 1)
    assert largest_scaffold(["C1CC"]) == ("", 0)
