from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.library.readers.lines import capped_lines
from hitsieve.library.readers.text import read_smiles_lines, split_line
from hitsieve.schema import Code

if TYPE_CHECKING:
    from hitsieve.library.readers.records import SourceRecord


def _read(data: bytes, *, header: bool | None = None) -> list[SourceRecord]:
    return list(read_smiles_lines(capped_lines([data], 1000), "x.smi", header=header))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("CCO", ("CCO", "", [])),
        ("CCO\r", ("CCO", "", [])),
        ("  CCO   a b ", ("CCO", "a b", [])),
        ("CCO\tA1\tblue\t", ("CCO", "A1", ["blue", ""])),
        ("\tA1", ("", "A1", [])),
        ("CC |(0,0,;1.5,0,)| A2", ("CC |(0,0,;1.5,0,)|", "A2", [])),
        ("CCO |zz:", ("CCO |zz:", "", [])),
        ("CCO |zz: A2", ("CCO |zz: A2", "", [])),
    ],
)
def test_splitting(line: str, expected: tuple[str, str, list[str]]) -> None:
    assert split_line(line) == expected


def test_records_are_counted_without_blank_lines_and_header() -> None:
    records = _read(b"smiles id\n\nCCO a\r\n   \nCCN b\n")
    assert [(r.record, r.text, r.source_id) for r in records] == [(1, "CCO", "a"), (2, "CCN", "b")]


def test_header_can_be_denied_and_declared() -> None:
    assert [r.text for r in _read(b"smiles id\nCCO a\n", header=False)] == ["smiles", "CCO"]
    assert [r.text for r in _read(b"struct id\nCCO a\n", header=True)] == ["CCO"]


def test_foreign_bytes_spoil_a_structure_but_not_a_name() -> None:
    name, structure, good = _read(b"CCO caf\xe9\nC\xe9O b\nCCN c\n")
    assert (name.text, name.source_id, name.problem) == ("CCO", "caf\\xe9", None)
    assert (structure.problem, structure.source_id) == (Code.UNDECODABLE, "b")
    assert good.text == "CCN"


def test_an_overlong_line_is_one_row_and_the_next_is_good() -> None:
    long, good = _read(b"C" * 5000 + b" big\nCCO a\n")
    assert long.problem is Code.LINE_TOO_LONG
    assert (good.record, good.text) == (2, "CCO")
