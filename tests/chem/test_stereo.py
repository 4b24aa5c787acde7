from __future__ import annotations

import pytest

from hitsieve.chem.molecule import canonical_smiles, parse
from hitsieve.chem.outcome import Refused
from hitsieve.chem.stereo import dropped_marks
from hitsieve.schema.codes import Code


def notes(smiles: str) -> list[Code]:
    mol = parse(smiles)
    return [note.code for note in dropped_marks(smiles, mol, canonical_smiles(mol))]


@pytest.mark.parametrize(
    "smiles",
    [
        "CCO",
        "C[C@H](F)Cl",
        "F/C=C/F",
        "F/C(/Cl)=C/F",
        "F/C=C/C=C/F",
        "C/C=C/C=CC",
        "C/1=C/CCCCCC\\1",
        "C[C@H]1CC[C@@H](C)CC1",
        "C[S@](=O)c1ccccc1",
    ],
)
def test_marks_with_a_meaning_are_no_news(smiles: str) -> None:
    assert notes(smiles) == []


@pytest.mark.parametrize(
    "smiles",
    [
        "C[C@@H](C)C",
        "CC=[C@]=CC",
        "F/C(\\Cl)=C(/F)\\Cl",
        "C/C=C(C)/C",
        "F/C=C",
        "C[C@H](F)C[C@H](C)C",
        "F/C=C/C(/C)=C(/C)C",
    ],
)
def test_dropped_marks_are_noted(smiles: str) -> None:
    assert notes(smiles) == [Code.STEREO_REMOVED]


def test_a_center_with_two_neighbors_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        notes("C[C@@]C")
    assert caught.value.code == Code.BAD_STEREO
