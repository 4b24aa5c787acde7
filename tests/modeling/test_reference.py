"""Compounds that two models are compared on."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from rdkit import Chem

from hitsieve.chem.policy import ChemPolicy
from hitsieve.errors import InputError, NotFoundError
from hitsieve.modeling.reference import read_reference

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SMILES = ("FCc1ccccc1", "N#CCCc1ccccc1", "ClCc1ccncc1")


def _smi(folder: Path) -> Path:
    (folder / "a.smi").write_text("".join(f"{text} c{n}\n" for n, text in enumerate(SMILES)))
    return folder / "a.smi"


def _csv(folder: Path) -> Path:
    rows = "".join(f'"compound {n}, of series 7",{text}\n' for n, text in enumerate(SMILES))
    (folder / "a.csv").write_text(f"name,smiles\n{rows}")
    return folder / "a.csv"


def _sdf(folder: Path) -> Path:
    with Chem.SDWriter(str(folder / "a.sdf")) as writer:
        for text in SMILES:
            writer.write(Chem.MolFromSmiles(text))
    return folder / "a.sdf"


def _archive(folder: Path) -> Path:
    (folder / "a.csv.gz").write_bytes(gzip.compress(_csv(folder).read_bytes()))
    return folder / "a.csv.gz"


@pytest.mark.parametrize("write", [_smi, _csv, _sdf, _archive])
def test_any_kind_of_file_gives_the_same_compounds(
    write: Callable[[Path], Path], tmp_path: Path
) -> None:
    found = read_reference(write(tmp_path))
    assert (found.smiles, found.refused) == (SMILES, ())


def test_what_is_no_compound_is_told_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "some.smi"
    file.write_text("FCc1ccccc1 one\nnot a structure\n\nN#CCCc1ccccc1\n[Na+].ClCc1ccncc1\n")
    found = read_reference(file)
    assert found.smiles[:2] == ("FCc1ccccc1", "N#CCCc1ccccc1")
    assert len(found.smiles) + len(found.refused) == 4
    assert found.refused[0].startswith("some.smi#2: not_smiles")
    broken = tmp_path / "broken.csv"
    broken.write_text('smiles,name\nFCc1ccccc1,one\n"CCO,two\nN#CCCc1ccccc1,three\n')
    told = read_reference(broken)
    assert told.smiles == ("FCc1ccccc1", "N#CCCc1ccccc1")
    assert len(told.refused) == 1
    assert "broken.csv#2: a quote is opened" in told.refused[0]


def test_structures_are_prepared_as_the_model_wants_them(tmp_path: Path) -> None:
    file = tmp_path / "large.smi"
    file.write_text(f"{'C' * 30}\n{SMILES[0]}\n")
    assert len(read_reference(file).smiles) == 2
    found = read_reference(file, ChemPolicy(max_heavy_atoms=20))
    assert found.smiles == SMILES[:1]
    assert "large.smi#1: too_large" in found.refused[0]


def test_files_that_hold_no_records_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"gone\.smi"):
        read_reference(tmp_path / "gone.smi")
    (tmp_path / "book.csv").write_bytes(b"PK\x03\x04" + bytes(40))
    with pytest.raises(InputError, match=r"book\.csv"):
        read_reference(tmp_path / "book.csv")
    (tmp_path / "names.csv").write_text("name,price\none,2\n")
    with pytest.raises(InputError, match=r"names\.csv"):
        read_reference(tmp_path / "names.csv")
