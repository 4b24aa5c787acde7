"""The package's front: detect, check and read any file."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hitsieve.errors import HitsieveError, InputError, NotFoundError
from hitsieve.library.config import FormatOptions
from hitsieve.library.readers import check, detect, read

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = FormatOptions()


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("x.SMI", b"CCO\n", "smi"),
        ("x.tsv", b"id\tsmiles\nA\tCCO\n", "tsv"),
        ("x.v2.csv.gz", gzip.compress(b"id,smiles\nA,CCO\n", mtime=0), "csv"),
        ("x.txt", b"CCO A\n", "smi"),
        ("x.txt", b"id;smiles\nA;CCO\n", "csv"),
        ("x.txt", b"a\n\n\n  0  0\nM  END\n$$$$\n", "sdf"),
    ],
)
def test_formats_are_told_by_name_and_content(
    tmp_path: Path, name: str, data: bytes, kind: str
) -> None:
    (tmp_path / name).write_bytes(data)
    assert detect(tmp_path / name, name, OPTIONS).format == kind


def test_a_named_format_wins(tmp_path: Path) -> None:
    (tmp_path / "x.dat").write_text("CCO\n")
    file = detect(tmp_path / "x.dat", "x.dat", FormatOptions(format="smi"))
    assert [record.text for record in read(file, OPTIONS)] == ["CCO"]


def test_an_absent_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no input file x"):
        detect(tmp_path / "x.smi", "x.smi", OPTIONS)


def test_a_header_alone_is_a_valid_file_without_records(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("id,smiles\n")
    file = detect(tmp_path / "x.csv", "x.csv", OPTIONS)
    check(file, OPTIONS)
    assert list(read(file, OPTIONS)) == []


def test_columns_are_checked_before_any_record_is_read(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n" + "1,2\n" * 9)
    with pytest.raises(InputError, match="'a', 'b'"):
        check(detect(tmp_path / "x.csv", "x.csv", OPTIONS), OPTIONS)


@pytest.mark.parametrize("column", [{"smiles_column": "2"}, {"id_column": "3"}])
def test_columns_that_a_smiles_file_does_not_have_are_refused(
    tmp_path: Path, column: dict[str, str]
) -> None:
    (tmp_path / "x.smi").write_text("A1\tCCO\t77\n")
    options = FormatOptions.model_validate({**column, "header": False})
    with pytest.raises(InputError, match=r"x\.smi: .* each line of a SMILES file"):
        check(detect(tmp_path / "x.smi", "x.smi", options), options)
    same = FormatOptions(smiles_column="1", id_column="2", header=False)
    check(detect(tmp_path / "x.smi", "x.smi", same), same)


def test_a_property_that_no_record_of_an_sdf_has_is_refused(tmp_path: Path) -> None:
    block = "\n\n\n  0  0  0  0  0  0  0  0  0  0999 V2000\nM  END\n"
    record = block + "> <Catalog_ID>\nA1\n\n$$$$\n"
    unnamed, broken = block + "$$$$\n", "no block\n$$$$\n"
    (tmp_path / "x.sdf").write_text(broken + 150 * unnamed + record)
    wrong, right = FormatOptions(id_column="Catalog_IDD"), FormatOptions(id_column="Catalog_ID")
    with pytest.raises(InputError, match="no record has a property 'Catalog_IDD'; there are: Cat"):
        check(detect(tmp_path / "x.sdf", "x.sdf", wrong), wrong)
    check(detect(tmp_path / "x.sdf", "x.sdf", right), right)
    (tmp_path / "x.sdf").write_text(broken)
    check(detect(tmp_path / "x.sdf", "x.sdf", wrong), wrong)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.one_of(
        st.binary(max_size=400),
        st.text(st.sampled_from('smiles,id\t"\n\r CO1|$>M END'), max_size=200).map(str.encode),
    ),
    start=st.sampled_from([b"", b"id,smiles\n", b"PAR1", b"\x1f\x8b\x08", b"$$$$\n"]),
    suffix=st.sampled_from([".smi", ".csv", ".tsv", ".txt", ".sdf", ".parquet", ".smi.gz"]),
)
def test_any_file_is_refused_or_read_in_order(
    tmp_path: Path, data: bytes, start: bytes, suffix: str
) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(start + data)
    try:
        file = detect(path, path.name, OPTIONS)
        check(file, OPTIONS)
        records = list(read(file, OPTIONS))
    except HitsieveError:
        return  # refused as a whole, with a message; any other exception fails the test
    assert [record.record for record in records] == list(range(1, len(records) + 1))
    for record in records:  # all text must fit into Parquet
        (record.text or "").encode()
        record.source_id.encode()
