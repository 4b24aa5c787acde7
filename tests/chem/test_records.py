from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from hitsieve.chem.records import sdf_record
from hitsieve.errors import InputError

ANYTHING = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["a\n$$$$\nb", "$$$$", "\n\n", "> <forged>\nx", ">", "M  END", "\r\n$$$$\r\n"]),
)


def read(text: str) -> list[Chem.Mol]:
    supplier = Chem.SDMolSupplier()
    supplier.SetData(text)
    return list(supplier)


def test_structure_name_and_fields_come_back() -> None:
    fields = {"score": 7.25, "rank": 3, "novel": True, "alerts": ["a", "b"], "none": None}
    (mol,) = read(sdf_record("C[C@H](N)C(=O)O", "alanine", fields))
    assert Chem.MolToSmiles(mol) == "C[C@H](N)C(=O)O"
    assert mol.GetProp("_Name") == "alanine"
    assert mol.GetPropsAsDict(autoConvertStrings=False) == {
        "score": "7.25",
        "rank": "3",
        "novel": "True",
        "alerts": "a; b",
    }


@settings(max_examples=100)
@given(ANYTHING, ANYTHING, ANYTHING)
def test_no_text_ends_a_record_or_forges_a_field(name: str, field: str, value: str) -> None:
    text = sdf_record("CCO", name, {field: value, "last": "x"}) + sdf_record("CC", "next", {})
    lines = text.split("\n")
    assert lines.count("$$$$") == 2
    first, second = read(text)
    assert Chem.MolToSmiles(first) == "CCO"
    assert Chem.MolToSmiles(second) == "CC"
    names = set(first.GetPropNames())
    assert "forged" not in names or field.strip("<> \n") == "forged"
    assert first.GetProp("last") == "x"
    assert len(names) <= 2


def test_values_that_are_missing_are_left_out() -> None:
    (mol,) = read(sdf_record("CCO", "", {"a": None, "b": float("nan"), "c": "", "d": []}))
    assert list(mol.GetPropNames()) == []


def test_unreadable_structures_are_errors() -> None:
    with pytest.raises(InputError, match="no readable SMILES"):
        sdf_record("nonsense", "x", {})
