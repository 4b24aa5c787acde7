from __future__ import annotations

import csv
from pathlib import Path

import pytest
from rdkit import Chem
from rdkit.Chem import rdDepictor

from hitsieve.chem.molblock import read_molblock
from hitsieve.chem.molecule import canonical_smiles, parse
from hitsieve.chem.outcome import Refused
from hitsieve.chem.standardize import Standardizer
from hitsieve.schema.codes import Code

NASTY = Path(__file__).parents[1] / "data" / "nasty" / "nasty_inputs.csv"
STANDARDIZE = Standardizer()


def block(smiles: str, *, v3000: bool = False) -> str:
    return Chem.MolToMolBlock(parse(smiles), forceV3000=v3000)


def nasty() -> dict[str, str]:
    with NASTY.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["kind"] == "sdf"]
    return {row["id"]: eval(row["input"][3:]) for row in rows}  # noqa: S307 - our own test data


def first_record(text: str) -> str:
    return text.replace("\r\n", "\n").split("\n$$$$\n")[0] + "\n"


@pytest.mark.parametrize(
    ("v3000", "old", "new"),
    [
        (False, "M  END", "M  APO  1   3   1\nM  END"),
        (False, "M  END", "M  LIN  1   2   3   1   3\nM  END"),
        (True, "0.000000 0\nM  V30 END ATOM", "0.000000 0 ATTCHPT=1\nM  V30 END ATOM"),
        (True, "M  V30 END BOND", "M  V30 END BOND\nM  V30 LINKNODE 1 3 2 2 1 2 3"),
        *(
            (True, "M  V30 END BOND", f"M  V30 END BOND\nM  V30 BEGIN SGROUP\n{line}")
            for line in (
                "M  V30 1 MIX 0 ATOMS=(2 1 2)\nM  V30 END SGROUP",
                "M  V30 1 MER 0 ATOMS=(2 1 2)\nM  V30 END SGROUP",
                "M  V30  1  SRU 0 ATOMS=(2 1 2)\nM  V30 END SGROUP",
                "M  V30 1 -\nM  V30 SRU 0 ATOMS=(2 1 2)\nM  V30 END SGROUP",
            )
        ),
    ],
)
def test_what_is_open_is_no_compound(v3000: bool, old: str, new: str) -> None:  # noqa: FBT001 - a case
    text = block("CCO", v3000=v3000)
    assert old in text
    with pytest.raises(Refused) as refusal:
        read_molblock(text.replace(old, new))
    assert refusal.value.code == Code.GENERIC_STRUCTURE


def test_an_attachment_of_none_is_a_compound() -> None:
    text = block("CCO", v3000=True).replace("\nM  V30 END ATOM", " ATTCHPT=0\nM  V30 END ATOM")
    assert "ATTCHPT=0" in text
    assert STANDARDIZE.molblock(text) == STANDARDIZE("CCO")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (" O   0", " Xx  0", "Element 'Xx' not found"),
        ("  2  3  1", "  2  9  1", "a line names an atom that is not there"),
        ("M  END", "M  CHG  1   9   1\nM  END", "a line names an atom that is not there"),
        ("  2  3  1", "  2  2  1", "attempt to add self-bond"),
        ("  2  3  1", "  1  2  1", "bond already exists"),
    ],
)
def test_a_broken_block_says_why(old: str, new: str, reason: str) -> None:
    text = block("CCO")
    assert old in text
    with pytest.raises(Refused) as refusal:
        read_molblock(text.replace(old, new))
    assert refusal.value.message == f"{reason}; export it again"


@pytest.mark.parametrize("v3000", [False, True])
@pytest.mark.parametrize(
    "smiles", ["CCO", "c1ccncc1", "C[N+](C)(C)C", "CC(=O)[O-].[Na+]", "[2H]OC"]
)
def test_a_block_is_read_like_its_smiles(smiles: str, v3000: bool) -> None:  # noqa: FBT001 - a case
    assert STANDARDIZE.molblock(block(smiles, v3000=v3000)) == STANDARDIZE(smiles)


def test_stereo_comes_from_the_drawing() -> None:
    mol = parse("C[C@H](N)C(=O)O")
    rdDepictor.Compute2DCoords(mol)
    found = STANDARDIZE.molblock(Chem.MolToMolBlock(mol))
    assert found.compound_id == STANDARDIZE("C[C@H](N)C(=O)O").compound_id


def test_line_ends_and_data_after_the_block_do_not_matter() -> None:
    text = block("CCO")
    for variant in (text.replace("\n", "\r\n"), text + "> <ID>\nfoo $$$$ bar\n\n"):
        assert canonical_smiles(read_molblock(variant)[0]) == "CCO"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("sdf-bad-counts", Code.BAD_MOLBLOCK),
        ("sdf-nan-coords", Code.BAD_MOLBLOCK),
        ("sdf-v2000-1000-atoms", Code.BAD_MOLBLOCK),
        ("sdf-query-atom", Code.GENERIC_STRUCTURE),
        ("sdf-rgroup", Code.GENERIC_STRUCTURE),
        # Fine as files; methane has one heavy atom.
        ("sdf-crlf", Code.TOO_SMALL),
        ("sdf-sep-in-data", Code.TOO_SMALL),
    ],
)
def test_nasty_records_end_with_their_code(name: str, code: Code) -> None:
    assert STANDARDIZE.molblock(first_record(nasty()[name])).code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", Code.EMPTY),
        ("CCO", Code.BAD_MOLBLOCK),
        ("M  END", Code.BAD_MOLBLOCK),
        (block("CCO").replace("M  END", ""), Code.BAD_MOLBLOCK),
        (block("CCO").replace("V2000", "     "), Code.BAD_MOLBLOCK),
        (block("CCO").replace("  3  2", "  x  2"), Code.BAD_MOLBLOCK),
        (block("CCO").replace("O  ", "Zz "), Code.BAD_MOLBLOCK),
        (block("CCO").replace("  1  2  1  0", "  1  2  5  0"), Code.NOT_SMILES_SMARTS),
        (block("CC=O").replace("  2  3  2  0", "  2  3  3  0"), Code.VALENCE),
    ],
)
def test_broken_blocks_are_refused(text: str, code: Code) -> None:
    with pytest.raises(Refused) as caught:
        read_molblock(text)
    assert caught.value.code == code


def test_a_stereo_group_is_named() -> None:
    mol = Chem.MolFromSmiles("C[C@H](F)Cl |&1:1|")
    rdDepictor.Compute2DCoords(mol)
    _, notes = read_molblock(Chem.MolToV3KMolBlock(mol))
    assert [note.code for note in notes] == [Code.STEREO_GROUP_DROPPED]
