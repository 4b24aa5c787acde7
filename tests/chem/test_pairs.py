from __future__ import annotations

from hitsieve.chem.pairs import Pair, matched_pairs

REST = "c1ccc(cc1)C(=O)NCCc1ccncc1"


def test_one_group_exchanged_is_a_pair() -> None:
    found = matched_pairs([f"Cl{REST}", f"Br{REST}", f"N#C{REST}", "CCO"])
    groups = {("Br[*:1]", "Cl[*:1]"), ("Br[*:1]", "N#C[*:1]"), ("Cl[*:1]", "N#C[*:1]")}
    assert {(pair.old, pair.new) for pair in found} == groups
    assert all(pair.old < pair.new for pair in found)
    first = next(pair for pair in found if pair[2:] == ("Br[*:1]", "Cl[*:1]"))
    assert (first.first, first.second) == (1, 0), "the bromide has the group named first"


def test_the_smallest_groups_are_taken() -> None:
    # Methyl against ethyl on the amide; larger groups hold that difference as well.
    (pair,) = matched_pairs(["CNC(=O)c1ccc(Cl)cc1", "CCNC(=O)c1ccc(Cl)cc1"])
    assert pair == Pair(1, 0, "CC[*:1]", "C[*:1]")


def test_two_changes_are_no_pair() -> None:
    assert matched_pairs(["Fc1ccc(F)cc1CC#N", "Clc1ccc(Cl)cc1CC#N"]) == []


def test_a_large_group_is_none() -> None:
    rest = "OCC(=O)Nc1ccccc1C(=O)NCc1ccccc1"
    naphthyls = [f"c1ccc2cc(ccc2c1){rest}", f"c1ccc2c(cccc2c1){rest}"]
    anthracenyls = [f"c1ccc2cc3cc(ccc3cc2c1){rest}", f"c1ccc2cc3c(cccc3cc2c1){rest}"]
    assert len(matched_pairs(naphthyls)) == 1
    assert matched_pairs(anthracenyls) == [], "fourteen atoms each"


def test_a_group_is_no_larger_than_the_rest() -> None:
    assert len(matched_pairs(["CC(C)(C)Br", "CC(C)(C)Cl"])) == 1
    assert matched_pairs(["CC(C)(C)Br", "CCCBr"]) == [], "four and three atoms on one"


def test_what_cannot_be_read_is_in_no_pair() -> None:
    assert matched_pairs(["C1CC", f"F{REST}", f"Cl{REST}"]) == [Pair(2, 1, "Cl[*:1]", "F[*:1]")]


def test_the_same_compound_twice_is_no_change() -> None:
    assert matched_pairs([f"F{REST}", f"F{REST}"]) == []
