from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.errors import InputError
from hitsieve.library.config import FormatOptions
from hitsieve.library.readers.csv import find_layout, read_rows
from hitsieve.library.readers.lines import capped_lines
from hitsieve.schema import Code

if TYPE_CHECKING:
    from hitsieve.library.readers.records import SourceRecord


def _read(data: bytes, **options: object) -> list[SourceRecord]:
    chosen = FormatOptions.model_validate(options)
    layout = find_layout(capped_lines([data], 10_000), chosen, where="x.csv")
    return list(read_rows(capped_lines([data], 10_000), "x.csv", layout))


def _pairs(records: list[SourceRecord]) -> list[tuple[str, str | None]]:
    return [(r.source_id, r.text) for r in records]


@pytest.mark.parametrize("mark", [",", "\t", ";", "|"])
def test_delimiter_and_columns_are_found(mark: str) -> None:
    data = mark.join(["Name", "SMILES", "price"]) + "\n" + mark.join(["A1", "CCO", "7"]) + "\n"
    (record,) = _read(data.encode())
    assert (record.source_id, record.text, record.vendor) == ("A1", "CCO", {"price": "7"})


def test_columns_can_be_named_or_numbered() -> None:
    assert _pairs(_read(b"a,b\nx,CCO\n", smiles_column="B", id_column="a")) == [("x", "CCO")]
    assert _pairs(_read(b"x,CCO\n", header=False, smiles_column=2)) == [("", "CCO")]


def test_a_file_without_structure_column_lists_its_columns() -> None:
    with pytest.raises(InputError, match="'name', 'structure_text'"):
        _read(b"name,structure_text\nx,CCO\n")
    with pytest.raises(InputError, match="did you mean 'smile'"):
        _read(b"name,smile\nx,CCO\n", smiles_column="smles")


def test_a_repeated_column_name_is_refused() -> None:
    with pytest.raises(InputError, match="'smiles'"):
        _read(b"id,smiles,smiles\nA1,CCO,CCN\n")


def test_ragged_rows_are_rows_of_their_own() -> None:
    records = _read(b"id,smiles\nA1,CCO,extra\nA2,CCN\nA3\nA4,CCC\n")
    assert [r.problem for r in records] == [Code.RAGGED_ROW, None, Code.RAGGED_ROW, None]
    assert _pairs(records)[1::2] == [("A2", "CCN"), ("A4", "CCC")]


def test_records_are_counted_and_not_lines() -> None:
    records = _read(b'id,smiles\n"A\n1",CCO\nA2,CCN\n')
    assert [(r.record, r.source_id, r.text) for r in records] == [
        (1, "A\n1", "CCO"),
        (2, "A2", "CCN"),
    ]


def test_an_unclosed_quote_costs_one_row() -> None:
    rows = b"".join(b"A%d,CCO\n" % i for i in range(300))
    records = _read(b'id,smiles\nB1,"CCO\n' + rows)
    assert len(records) == 301
    assert sum(r.problem is None for r in records) == 300


def test_two_unclosed_quotes_do_not_swallow_what_is_between() -> None:
    records = _read(b'id,smiles\nA1,"CCO\nA2,CCN\nA3,"CCC\nA4,CCF\n')
    assert len(records) == 4
    assert [r.source_id for r in records if r.problem is None] == ["A2", "A4"]


def test_a_stray_quote_in_a_name_is_taken_literally() -> None:
    records = _read(b'id\tsmiles\n"beta-x\tCCO\n5" tube\tCCN\n')
    assert _pairs(records) == [('"beta-x', "CCO"), ('5" tube', "CCN")]


def test_na_is_text_and_empty_cells_are_kept() -> None:
    assert _pairs(_read(b"id,smiles\nA1,NA\nA2,\n")) == [("A1", "NA"), ("A2", "")]


def test_foreign_bytes_spoil_a_structure_but_not_a_name() -> None:
    records = _read(b"id,smiles\ncaf\xe9,CCO\nA2,C\xe9\n")
    assert [r.problem for r in records] == [None, Code.UNDECODABLE]
    assert records[0].source_id == "caf\\xe9"


def test_crlf_and_byte_order_mark() -> None:
    records = _read(b"\xef\xbb\xbfid,smiles\r\nA1,CCO\r\n")
    assert _pairs(records) == [("A1", "CCO")]


_CELL = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=12)


@given(rows=st.lists(st.tuples(_CELL, _CELL, _CELL), max_size=15))
def test_what_the_standard_writer_writes_is_read_back(rows: list[tuple[str, str, str]]) -> None:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["id", "smiles", "note"])
    writer.writerows(rows)
    records = _read(out.getvalue().encode())
    assert [(r.source_id, r.text, r.vendor.get("note", "")) for r in records] == rows


@given(data=st.binary(max_size=300), good=st.integers(0, 5))
def test_no_bytes_crash_it_or_harm_the_rows_before(data: bytes, good: int) -> None:
    rows = b"".join(b"A%d,CCO\n" % i for i in range(good))
    records = _read(b"id,smiles\n" + rows + data)
    assert [r.record for r in records] == list(range(1, len(records) + 1))
    assert all(r.text == "CCO" for r in records[:good])
