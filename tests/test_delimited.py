"""Rows of delimited text: as the standard library reads them, until a quote is not closed."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.delimited import LINES_A_FIELD, BrokenRow, split_rows

CELLS = st.text(st.sampled_from('ab1 ,;"\n'), max_size=6)
TABLES = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=6)
)


def _written(rows: list[list[str]], delimiter: str) -> list[str]:
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(
        rows
    )
    return stream.getvalue().split("\n")[:-1]


@given(rows=TABLES, delimiter=st.sampled_from(",;"))
def test_what_is_well_quoted_is_read_as_it_was_written(
    rows: list[list[str]], delimiter: str
) -> None:
    lines = _written(rows, delimiter)
    assert list(split_rows(lines, delimiter, len(rows[0]), 0)) == rows
    assert list(split_rows(lines, delimiter)) == rows
    crlf = [f"{line}\r" for line in lines]
    found = list(split_rows(crlf, delimiter, len(rows[0]), 0))
    assert [[c.replace("\r", "") for c in row] for row in found] == rows  # type: ignore[union-attr]


@given(
    st.lists(st.sampled_from(["CCO,1,ok", "CCN,2,", 'CCC,3,"a, b"']), min_size=1, max_size=8),
    st.integers(0, 7),
    st.sampled_from(['CF,4,"weighed twice', '"CF,4,x', 'CF,"4,x', 'CF,4,"a"b']),
)
def test_a_stray_quote_costs_its_own_row_at_most(others: list[str], place: int, stray: str) -> None:
    place = min(place, len(others))
    lines = [*others[:place], stray, *others[place:]]
    found = list(split_rows(lines, ",", 3, 0))
    assert len(found) == len(lines)
    assert found[:place] + found[place + 1 :] == list(split_rows(others, ",", 3, 0))
    own = found[place]
    if isinstance(own, BrokenRow):
        assert own.text == stray
        assert "quote" in own.reason
    else:
        assert own == stray.split(",")
        assert '"' not in own[0]


def test_a_field_of_many_lines_ends_somewhere() -> None:
    lines = ['a,"', *["x"] * (LINES_A_FIELD - 2), '"']
    assert len(list(split_rows(lines, ",", 2, 0))) == 1
    longer = ['a,"', *["x"] * LINES_A_FIELD, '"']
    assert len(list(split_rows(longer, ",", 2, 0))) == len(longer)


@pytest.mark.parametrize("line", ["", "  ", "\r"])
def test_blank_lines_are_no_rows(line: str) -> None:
    assert list(split_rows([line, "a,b", line], ",")) == [["a", "b"]]


def test_what_is_no_text_is_passed_on_also_out_of_an_open_quote() -> None:
    lines = ['a,"b', 7, "c,d"]
    first, second, third = split_rows(lines, ",", 2, 0)
    assert (first, second, third) == (["a", '"b'], 7, ["c", "d"])
