"""Text from data files can neither break a table nor reach a browser as HTML."""

from __future__ import annotations

import re

import pytest

from hitsieve.registry.markdown import cell, number, table


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("plain", "plain"),
        ("a|b", "a\\|b"),
        ("<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"),
        ("R&D", "R&amp;D"),
        ("&lt;b>", "&amp;lt;b>"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("  spaces  around ", "spaces around"),
        ("| --- |\n| x |", "\\| --- \\| \\| x \\|"),
        ("", ""),
    ],
)
def test_a_cell_is_one_line_without_tags_or_bars(text: str, told: str) -> None:
    assert cell(text) == told


def test_a_table_has_as_many_cells_in_every_line() -> None:
    rows = [("1", "x|y"), ("<b>", "two\nlines"), ("", "&")]
    lines = table(("a", "b|c"), rows).splitlines()
    assert len(lines) == 2 + len(rows)
    assert lines[1] == "| --- | --- |"
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 3 for line in lines)
    assert not any("<" in line for line in lines)


def test_a_table_without_rows_is_its_head() -> None:
    assert table(("a",), []) == "| a |\n| --- |"
    assert table(("a",), iter([("1",)])).endswith("| 1 |"), "rows may come one by one"


def test_numbers_have_three_decimals_or_words() -> None:
    assert [number(value) for value in (0.0, 0.12345, -12.0, None)] == [
        "0.000",
        "0.123",
        "-12.000",
        "not defined",
    ]
