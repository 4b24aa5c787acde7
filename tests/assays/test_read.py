from __future__ import annotations

import bz2
import gzip
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.assays.read import MAX_LINE, read_assay
from hitsieve.errors import ConfigError, DatasetError, InputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_every_row_is_accounted_for(table: Callable[..., Any], potency: dict[str, Any]) -> None:
    raw = table(["smiles,y", "CCO,10", "CCN", "CCC,1,2", '"C,C",', ""], {"y": potency})
    assert raw.structures == ["CCO", "C,C"]
    assert raw.cells == {"y": ["10", ""]}
    assert raw.records == ["made.csv#1", "made.csv#4"]
    assert raw.ragged == ["made.csv#2", "made.csv#3"]


def test_lists_and_masks_are_taken_apart(table: Callable[..., Any], number: dict[str, Any]) -> None:
    columns = {"y[0]": {**number, "target": "a"}, "y[1]": {**number, "target": "b"}}
    lines = ["smiles,y,m", 'CCO,"[1, 2]","[1, 0]"', 'CCN,"[3]","[1]"', 'CCC,"[null, 4]","[1, 1]"']
    raw = table(lines, columns, mask_column="m")
    assert raw.cells == {"y[0]": ["1", "3", ""], "y[1]": ["", "", "4"]}
    with pytest.raises(InputError, match="no JSON list"):
        table(["smiles,y", "CCO,five"], {"y[0]": number})


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".bz2", bz2.compress)])
def test_packed_files_and_byte_order_marks(
    tmp_path: Path,
    make_card: Callable[..., Any],
    potency: dict[str, Any],
    suffix: str,
    pack: Callable[[bytes], bytes],
) -> None:
    path = tmp_path / f"made.csv{suffix}"
    path.write_bytes(pack("\ufeffsmiles,y\nCCO,1\n".encode()))
    card = make_card({"y": potency}, files=[{"path": path.name}])
    assert read_assay(tmp_path, card).structures == ["CCO"]
    assert read_assay(path, card).structures == ["CCO"]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(InputError, match="cannot be read"):
        read_assay(tmp_path, card)


def test_files_can_be_parts_of_a_split(
    tmp_path: Path, make_card: Callable[..., Any], potency: dict[str, Any]
) -> None:
    for part, rows in (("train", "CCO,1\n"), ("test", "CCN,2\nCCC,3\n")):
        (tmp_path / f"{part}.csv").write_text("smiles,y\n" + rows)
    files = [{"path": f"{part}.csv", "part": part} for part in ("train", "test")]
    raw = read_assay(tmp_path, make_card({"y": potency}, files=files))
    assert raw.parts == ["train", "test", "test"]
    assert sorted(raw.checksums) == ["test.csv", "train.csv"]


def test_the_split_column_knows_common_names(
    table: Callable[..., Any], potency: dict[str, Any]
) -> None:
    lines = ["smiles,y,set", "CCO,1,Train", "CCN,1,val", "CCC,1,TEST"]
    assert table(lines, {"y": potency}, split_column="set").parts == ["train", "valid", "test"]
    with pytest.raises(DatasetError, match="'holdout' is none of"):
        table(["smiles,y,set", "CCO,1,holdout"], {"y": potency}, split_column="set")


def test_bad_files_say_what_is_wrong(
    tmp_path: Path, make_card: Callable[..., Any], potency: dict[str, Any]
) -> None:
    card = make_card({"y": potency})
    path = tmp_path / "made.csv"
    with pytest.raises(NotFoundError, match="data fetch made"):
        read_assay(tmp_path, card)
    for content, kind, text in [
        (b"", InputError, "is empty"),
        (b"smiles,y\n", DatasetError, "no record"),
        (b"smiles,y\nCC\xff,1\n", InputError, "UTF-8"),
        (b"SMILES,y\nCCO,1\n", InputError, "no column 'smiles'"),
        (b"smiles,z\nCCO,1\n", ConfigError, "no column 'y'"),
        (b"smiles,y,y\nCCO,1,2\n", InputError, "more than one column is named 'y'"),
        (b"smiles,y,smiles\nCCO,1,C\n", InputError, "more than one column is named 'smiles'"),
    ]:
        path.write_bytes(content)
        with pytest.raises(kind, match=text):
            read_assay(tmp_path, card)


def test_files_of_one_set_have_the_same_columns(
    tmp_path: Path, make_card: Callable[..., Any], classes: dict[str, Any]
) -> None:
    (tmp_path / "a.csv").write_text("smiles,t1\nCCO,1\n")
    (tmp_path / "b.csv").write_text("smiles,t2\nCCO,1\n")
    columns = {"t*": {**classes, "target": ""}}
    card = make_card(columns, files=[{"path": "a.csv"}, {"path": "b.csv"}])
    with pytest.raises(InputError, match="other value columns"):
        read_assay(tmp_path, card)


def test_other_separators_and_decimal_commas_are_told(
    table: Callable[..., Any], number: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match="separated by ';'") as caught:
        table(["smiles;y", "CCO;1,31"], {"y": number})
    assert "point in decimal numbers" in caught.value.cure
    with pytest.raises(DatasetError, match="all 2 rows have another number of fields") as caught:
        table(["smiles,y", "CCO,1,31", "CCN,2,5"], {"y": number})
    assert "1.31, not 1,31" in caught.value.cure


def test_columns_of_some_targets_are_taken(
    table: Callable[..., Any], number: dict[str, Any]
) -> None:
    columns = {name: {**number, "target": f"t{name}"} for name in "abc"}
    raw = table(["smiles,a,b,c", "CCO,1,2,3"], columns)
    only = raw.only({"tc", "ta"})
    assert list(only.columns) == list(only.cells) == ["a", "c"]
    assert only.structures is raw.structures
    assert list(raw.columns) == ["a", "b", "c"]


@pytest.mark.parametrize("stray", ['CCCO,"7,x', 'CCCO,7,"weighed twice', '"CCCO,7,x'])
def test_a_quote_that_is_not_closed_takes_no_other_record(
    table: Callable[..., Any], number: dict[str, Any], stray: str
) -> None:
    rows = [f"{'C' * n}N,{n},ok" for n in range(1, 151)]
    raw = table(["smiles,y,note", *rows[:50], stray, *rows[50:]], {"y": number})
    assert len(raw) + len(raw.ragged) == 151
    assert set(raw.ragged) <= {"made.csv#51"}
    cells = zip(raw.cells["y"], raw.records, strict=True)
    kept = [cell for cell, place in cells if place != "made.csv#51"]
    assert kept == [str(n) for n in range(1, 151)]


def test_a_note_of_several_lines_stays_one_cell(
    table: Callable[..., Any], number: dict[str, Any]
) -> None:
    raw = table(["smiles,y,note", 'CCO,1,"two', 'lines, with ""marks"""', "CCN,2,"], {"y": number})
    assert raw.structures == ["CCO", "CCN"]
    assert not raw.ragged


def test_a_line_without_end_is_told(
    tmp_path: Path, make_card: Callable[..., Any], number: dict[str, Any]
) -> None:
    (tmp_path / "made.csv").write_text("smiles,y\n" + "C" * (MAX_LINE + 5))
    with pytest.raises(InputError, match="a line of more than 4 MiB, 'CCC"):
        read_assay(tmp_path, make_card({"y": number}))


@pytest.mark.parametrize("place", range(12, 60, 6))
def test_a_damaged_archive_is_refused(
    tmp_path: Path, make_card: Callable[..., Any], number: dict[str, Any], place: int
) -> None:
    rows = "".join(f"{'C' * (n % 30 + 1)}N,{n * 7919 % 10007}\n" for n in range(1, 3000))
    packed = bytearray(gzip.compress(f"smiles,y\n{rows}".encode(), mtime=0))
    packed[place] ^= 0x40
    (tmp_path / "made.csv.gz").write_bytes(packed)
    card = make_card({"y": number}, files=[{"path": "made.csv.gz"}])
    with pytest.raises(InputError, match=r"made\.csv\.gz"):
        read_assay(tmp_path, card)
