from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from hitsieve.chem.outcome import Refused
from hitsieve.chem.parse import read
from hitsieve.chem.policy import ChemPolicy
from hitsieve.schema.codes import Code

POLICY = ChemPolicy()


def code_of(cell: Any) -> Code:
    with pytest.raises(Refused) as caught:
        read(cell, POLICY)
    return caught.value.code


@pytest.mark.parametrize(
    "text",
    ["CCO\r\n", "\ufeffCCO", "\u00a0CCO\u00a0", "\tCCO", "CCO name", "CCO\tname", "  CCO x y "],
)
def test_edges_and_names_are_cut_off_with_a_note(text: str) -> None:
    reading = read(text, POLICY)
    assert reading.structure == "CCO"
    assert {note.code for note in reading.notes} == {Code.TEXT_CLEANED}


def test_a_clean_text_has_no_note() -> None:
    assert read("CCO", POLICY).notes == []
    assert read(b"CCO", POLICY).structure == "CCO"


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (None, Code.EMPTY),
        (float("nan"), Code.EMPTY),
        (pd.NA, Code.EMPTY),
        (pd.NaT, Code.EMPTY),
        ("", Code.EMPTY),
        (" \t\n", Code.EMPTY),
        ("NA", Code.EMPTY),
        ("n/a", Code.EMPTY),
        ("None", Code.EMPTY),
        (".", Code.EMPTY),
        (12345, Code.WRONG_TYPE),
        (3.5, Code.WRONG_TYPE),
        (["C"], Code.WRONG_TYPE),
        (b"\xff\xfe", Code.UNDECODABLE),
        ("C" * 2001, Code.TEXT_TOO_LONG),
        ("\u0421\u0421O", Code.NOT_ASCII),
        ("\u200bCCO", Code.NOT_ASCII),
        ("CCO\u200b", Code.NOT_ASCII),
        ("CC\u2212O", Code.NOT_ASCII),
        ("\uff23\uff23\uff2f", Code.NOT_ASCII),
        ("CCO\x00CCN", Code.CONTROL_CHARACTER),
        ("CC\x7fO", Code.CONTROL_CHARACTER),
        ("CCO\nCCN", Code.CONTROL_CHARACTER),
        ("CCO name\r\nCCN", Code.CONTROL_CHARACTER),
        ("CCO\u2028CCN", Code.CONTROL_CHARACTER),
    ],
)
def test_cells_without_one_clean_text_are_refused(cell: Any, code: Code) -> None:
    assert code_of(cell) == code


@pytest.mark.parametrize(
    "text",
    [
        "C=1CCCCC#1",
        "C=1CCCCC-1",
        "C-1CCCCC=1",
        "C:1CCCCC=1",
        "C=%10CCCCC#%10",
        "C=%(12)CCCC#%(12)",
        "C=1CCC1CC=1CCC#1",
        "C=%01CCCCC#1",
        "C1C1",
        "C11",
        "C12CC12",
        "C1CC",
        "C%1CC%1",
    ],
)
def test_contradicting_ring_closures_are_refused(text: str) -> None:
    assert code_of(text) == Code.RING_CLOSURE


@pytest.mark.parametrize(
    "text", ["C=1CCCCC=1", "C=1CCCCC1", "C1CCCCC=1", "C/1=C/CCCCCC\\1", "C1=CC=CC=C1", "C%10CC%10"]
)
def test_agreeing_ring_closures_are_read(text: str) -> None:
    assert read(text, POLICY).mol.GetNumAtoms() >= 3


def test_ring_digits_inside_brackets_are_none() -> None:
    assert read("[13CH3]C=1[NH2+]CC[CH2]C1", POLICY).mol.GetNumAtoms() == 7


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("CCO |zz:", Code.BAD_CXSMILES),
        ("CCO |", Code.BAD_CXSMILES),
        ("CCO |zz:1|", Code.BAD_CXSMILES),
        ("CCO |H:0.1|", Code.BAD_CXSMILES),
        ("CCO |$;;_R1$|", Code.GENERIC_STRUCTURE),
        ("CCO |$_AP1;;$|", Code.GENERIC_STRUCTURE),
        ("CCO |$star_e;;$|", Code.GENERIC_STRUCTURE),
        ("CCO |Sg:n:0,1:1:ht|", Code.GENERIC_STRUCTURE),
        ("CCO |m:0:1.2|", Code.GENERIC_STRUCTURE),
        ("CCO |LN:0:1.3|", Code.GENERIC_STRUCTURE),
        ("c1ccccc1 |rb:0:2|", Code.NOT_SMILES_SMARTS),
        ("CC(C |a:1|", Code.SYNTAX),
    ],
)
def test_wrong_and_generic_extensions_are_refused(text: str, code: Code) -> None:
    assert code_of(text) == code


@pytest.mark.parametrize(
    "text", ["CC |(0,0,;1.5,0,)|", "CC |(0,0,;1.5,0,)| name", "CCO |$foo;;$|", "C[C@H](F)Cl |a:1|"]
)
def test_fine_extensions_are_read(text: str) -> None:
    assert all(note.code == Code.TEXT_CLEANED for note in read(text, POLICY).notes)


@pytest.mark.parametrize("group", ["&1:1", "o1:1", "&1:1,r"])
def test_a_dropped_stereo_group_is_named(group: str) -> None:
    (note,) = read(f"C[C@H](F)Cl |{group}|", POLICY).notes
    assert note.code == Code.STEREO_GROUP_DROPPED
    assert group.removesuffix(",r") in note.message


def test_deuterium_and_tritium_have_their_letters() -> None:
    assert read("[D]OC", POLICY).structure == "[2H]OC"
    assert read("[T]OC", POLICY).structure == "[3H]OC"
    assert read("[D+].CC", POLICY).structure == "[2H+].CC"


def test_an_aromatic_bond_outside_a_ring_is_refused() -> None:
    assert code_of("C:C") == Code.AROMATICITY
