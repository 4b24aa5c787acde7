from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from rdkit import Chem

from hitsieve.errors import ConfigError, InputError, NotFoundError
from hitsieve.library.reagents import (
    Reagent,
    find_reagents,
    load_reaction,
    reaction_names,
    read_reagents,
)
from hitsieve.resources import folder

if TYPE_CHECKING:
    from pathlib import Path

SETS = sorted((folder("datasets") / "building_blocks").glob("*.smi"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.smi", "CCO e1\nCCN e2 a name\n"),
        ("a.smi", "CCO\te1\r\nCCN\te2\tname\r\n"),
        ("a.txt", "\ufeffSMILES id\nCCO e1\n\nCCN e2\n"),
        ("a.csv", 'name,smiles\ne1,CCO\n"e2","CCN"\n'),
        ("a.csv", '"name";"smiles";"price"\r\ne1;CCO;1,5\r\n"e2";CCN;2\r\n'),
        ("a.csv", "structure\tid\nCCO\te1\nCCN\te2\n"),
        ("a.tsv", "id\tprice\tSmiles\ne1\t3\tCCO\ne2\t4\tCCN\n"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_formats(tmp_path: Path, name: str, text: str, *, packed: bool) -> None:
    path = tmp_path / (f"{name}.gz" if packed else name)
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    found = [(r.reagent_id, r.smiles) for r in read_reagents(path)]
    assert found == [("e1", "CCO"), ("e2", "CCN")]


def test_missing_ids_and_short_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,smiles,Price\nx,CCO, $ 3\ny\n,CCN,4\n")
    assert list(read_reagents(path)) == [
        Reagent("x", "CCO", "a.csv#2", {"id": "x", "smiles": "CCO", "price": "$ 3"}),
        Reagent("y", "", "a.csv#3", {"id": "y"}),
        Reagent("row4", "CCN", "a.csv#4", {"id": "", "smiles": "CCN", "price": "4"}),
    ]


def test_without_a_header_no_column_has_a_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("CCO,x,3\n")
    assert list(read_reagents(path)) == [Reagent("x", "CCO", "a.csv#1")]


def test_a_stray_quote_costs_no_other_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('id,smiles\nx,CCO\n"y,CCN\n\nz,"CC\nv,CCCO\n')
    found = [(r.reagent_id, r.smiles, r.source) for r in read_reagents(path)]
    assert found == [
        ("x", "CCO", "a.csv#2"),
        ('"y', "CCN", "a.csv#3"),
        ("row5", 'z,"CC', "a.csv#5"),
        ("v", "CCCO", "a.csv#6"),
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "smiles,id\n"])
def test_an_empty_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match=r"a\.csv holds no reagent"):
        list(read_reagents(tmp_path / "a.csv"))


@pytest.mark.parametrize("place", range(12, 60, 6))
def test_no_damage_of_an_archive_ends_in_an_error_of_python(tmp_path: Path, place: int) -> None:
    raw = "\n".join(f"{'C' * (n % 30 + 1)}N a{n * 7919 % 10007}" for n in range(1, 3000)).encode()
    packed = bytearray(gzip.compress(raw, mtime=0))
    packed[place] ^= 0x40
    (tmp_path / "a.smi.gz").write_bytes(packed)
    with pytest.raises(InputError, match=r"a\.smi\.gz"):
        list(read_reagents(tmp_path / "a.smi.gz"))


@pytest.mark.parametrize(
    "data", [b"CCO\xff\xfe e1\n", gzip.compress(b"CCO e1\n" * 99, mtime=0)[:-9]]
)
def test_damaged_files_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / ("a.smi.gz" if data[:2] == b"\x1f\x8b" else "a.smi")
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.smi"):
        list(read_reagents(path))


@pytest.mark.parametrize("path", SETS, ids=lambda path: path.stem)
def test_shipped_sets_are_canonical_named_and_without_doubles(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert lines[0] == "smiles\tid\tname"
    rows = [line.split("\t") for line in lines[1:]]
    assert all(len(row) == 3 and all(row) for row in rows)
    smiles, ids, names = zip(*rows, strict=True)
    assert [Chem.CanonSmiles(s) for s in smiles] == list(smiles)
    assert len(set(smiles)) == len(set(ids)) == len(set(names)) == len(rows) >= 30
    assert find_reagents(path.stem) == path


def test_ids_are_unique_over_all_shipped_sets() -> None:
    ids = [r.reagent_id for path in SETS for r in read_reagents(path)]
    assert len(ids) == len(set(ids)) > 400


def test_reactions_are_found_by_name_and_by_file(tmp_path: Path) -> None:
    assert "urea" in reaction_names()
    path = tmp_path / "mine.yaml"
    path.write_text(
        (folder("datasets") / "reactions" / "urea.yaml").read_text().replace("urea", "mine")
    )
    assert load_reaction(str(path)).name == "mine"
    path.write_text(path.read_text().replace("title", "titel"))
    with pytest.raises(ConfigError, match="unknown key 'titel'"):
        load_reaction(str(path))
    with pytest.raises(NotFoundError, match="did you mean 'snar'"):
        load_reaction("snr")


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("a.smi", b"PK\x03\x04\x14\x00\x06\x00", "Excel workbook"),
        ("a.sdf", Chem.MolToMolBlock(Chem.MolFromSmiles("CCO")).encode(), "a molfile or SDF"),
        ("a.parquet", b"PAR1\x00\x00", "Parquet"),
        ("a.txt", "smiles\tid\nCCO\te1\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_what_is_no_table_of_smiles_is_called_by_its_name(
    tmp_path: Path, name: str, data: bytes, what: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=what) as caught:
        list(read_reagents(tmp_path / name))
    assert caught.value.cure
