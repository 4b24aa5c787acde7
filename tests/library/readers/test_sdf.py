from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from hitsieve.library.readers.lines import capped_lines
from hitsieve.library.readers.sdf import read_sdf
from hitsieve.schema import Code

if TYPE_CHECKING:
    from hitsieve.library.readers.records import SourceRecord

BLOCK = """{title}
  made

  1  0  0  0  0  0  0  0  0  0999 V2000
    0.0000    0.0000    0.0000 C   0  0
M  END
"""


def _read(data: str, *, id_column: str | None = None, cap: int = 10_000) -> list[SourceRecord]:
    lines = capped_lines([data.encode()], cap)
    return list(read_sdf(lines, "x.sdf", id_column=id_column, max_line_bytes=cap))


def _entry(title: str = "x", data: str = "") -> str:
    return BLOCK.format(title=title) + data + "$$$$\n"


def test_title_and_properties() -> None:
    (record,) = _read(_entry("T1", "> <ID>\nA1\n\n>  <note>  (7)\none\ntwo\n\n"))
    assert (record.source_id, record.vendor) == ("T1", {"ID": "A1", "note": "one\ntwo"})
    assert record.molblock
    assert record.text is not None
    assert record.text.splitlines()[-1] == "M  END"


def test_data_headers_without_a_name_in_brackets_lose_nothing() -> None:
    data = ">  DT12\n142.5\n\n> 25  DT8 (MD-7)\nred\n\n> melting point\n80\n\n> <B.P.> DT3\n9\n\n"
    (record,) = _read(_entry("T1", data))
    assert record.vendor == {"DT12": "142.5", "DT8": "red", "melting point": "80", "B.P.": "9"}


def test_identifier_from_a_property() -> None:
    (named,) = _read(_entry("T1", "> <Cat No>\nA1\n\n"), id_column="cat no")
    assert (named.source_id, named.vendor) == ("A1", {})
    (found,) = _read(_entry("", "> <ID>\nA1\n\n"))
    assert found.source_id == "A1"


def test_crlf_leaves_no_carriage_return() -> None:
    (record,) = _read(_entry("T1", "> <ID>\nA1\n\n").replace("\n", "\r\n"))
    assert record.vendor == {"ID": "A1"}
    assert "\r" not in (record.text or "")


def test_a_record_without_end_does_not_swallow_the_next() -> None:
    broken = BLOCK.format(title="bad").replace("M  END\n", "") + "$$$$\n"
    records = _read(_entry("a") + broken + _entry("c"))
    assert [r.problem for r in records] == [None, Code.BAD_MOLBLOCK, None]
    assert [r.source_id for r in records] == ["a", "bad", "c"]


def test_two_blocks_without_separator_are_told() -> None:
    records = _read(BLOCK.format(title="a") + _entry("b") + _entry("c"))
    assert [r.problem for r in records] == [Code.BAD_MOLBLOCK, None]


def test_the_separator_inside_a_value_separates_nothing() -> None:
    (record,) = _read(_entry("x", "> <C>\nfoo $$$$ bar\n\n"))
    assert record.vendor == {"C": "foo $$$$ bar"}


def test_an_unfinished_last_record() -> None:
    whole, cut = _read(_entry("a") + BLOCK.format(title="b").replace("M  END\n", ""))
    assert whole.problem is None
    assert cut.problem is Code.TRUNCATED
    (open_end,) = _read(BLOCK.format(title="a"))
    assert open_end.problem is None


def test_nothing_between_separators_is_a_record_too() -> None:
    assert [r.problem for r in _read(_entry("a") + "\n$$$$\n" + _entry("b"))] == [
        None,
        Code.EMPTY,
        None,
    ]
    assert _read("\n \n") == []


def test_an_overlong_record_costs_itself_alone() -> None:
    huge = _entry("big", "> <x>\n" + "y" * 200 + "\n" + ("z" * 200 + "\n") * 30)
    records = _read(huge + _entry("good"), cap=256)
    assert [r.problem for r in records] == [Code.LINE_TOO_LONG, None]


@given(st.text(st.sampled_from("$ \nM END>VC<ID201\r"), max_size=200))
def test_no_text_crashes_it_or_harms_the_record_before(tail: str) -> None:
    records = _read(_entry("first") + tail)
    assert records[0].source_id == "first"
    assert [r.record for r in records] == list(range(1, len(records) + 1))
