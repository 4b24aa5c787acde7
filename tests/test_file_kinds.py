from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import InputError
from hitsieve.file_kinds import (
    foreign_encoding,
    read_text,
    refuse_all_but_tables,
    refuse_document,
    refuse_foreign_encoding,
)

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-16", "UTF-16 (little endian)"),
        ("utf-32", "UTF-32 (little endian)"),
        ("utf-16-le", "UTF-16 without byte order mark"),
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("latin-1", ""),
    ],
)
def test_encodings_are_named(encoding: str, name: str) -> None:
    assert foreign_encoding("id,smiles\ncafé,CCO\n".encode(encoding)) == name


def test_one_nul_is_no_encoding() -> None:
    refuse_foreign_encoding(b"CCO\0CCN a\nCCC b\n", where="x")


def test_the_error_names_file_and_cure() -> None:
    with pytest.raises(InputError, match=r"x\.csv: .*UTF-16") as caught:
        refuse_foreign_encoding("id,smiles".encode("utf-16"), where="x.csv")
    assert "UTF-8" in caught.value.cure


@pytest.mark.parametrize(
    ("head", "what", "cure"),
    [
        (b"PK\x03\x04\x14\x00\x06\x00", "Excel workbook", "CSV UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Excel workbook", "CSV UTF-8"),
        (b"%PDF-1.7\n", "PDF document", "SMILES"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip", "unpack"),
    ],
)
def test_documents_are_called_by_their_name(head: bytes, what: str, cure: str) -> None:
    with pytest.raises(InputError, match=rf"hits\.csv: this is .*{what}") as caught:
        refuse_document(head, where="hits.csv")
    assert cure in caught.value.cure


def test_text_is_no_document() -> None:
    refuse_document(b"PKCO a\n", where="x")


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"PAR1\x15\x04", "Parquet"),
        (b"\n     RDKit          2D\n\n  1  0  0  0  0  0  0  0  0  0999 V2000\n", "SDF"),
        (b"PK\x03\x04\x14\x00", "Excel workbook"),
        ("smiles,y\nCCO,1\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_only_tables_pass(head: bytes, what: str) -> None:
    with pytest.raises(InputError, match=rf"x\.csv: .*{what}"):
        refuse_all_but_tables(head, where="x.csv")
    refuse_all_but_tables(b"smiles,y\nCCO,1\n", where="x.csv")


def test_a_table_may_hold_molfiles() -> None:
    block = "\n     RDKit          2D\n\n  1  0  0  0  0  0  0  0  0  0999 V2000\nM  END\n"
    refuse_all_but_tables(f'smiles,molfile,y\nC,"{block}",1\n'.encode(), where="x.csv")


def test_text_comes_with_line_feeds_and_without_a_mark(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"\xef\xbb\xbfcaf\xc3\xa9\r\nb\rc\n")
    assert read_text(file) == "caf\xe9\nb\nc\n"
    file.write_bytes(b"")
    assert read_text(file) == ""


def test_what_is_no_utf_8_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"one\ntwo\ncaf\xe9\n")
    with pytest.raises(InputError, match=r"a\.txt, line 3: byte 0xe9 is no UTF-8 text"):
        read_text(file)
    file.write_bytes("one".encode("utf-16"))
    with pytest.raises(InputError, match="UTF-16"):
        read_text(file)
    file.write_bytes(b"PK\x03\x04" + bytes(30))
    with pytest.raises(InputError, match="Excel workbook"):
        read_text(file)
