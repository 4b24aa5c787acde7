from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hitsieve.oracles.output import OutputRules, UnsoundOutputError, read_output
from hitsieve.oracles.protocol import Measurement
from hitsieve.schema import Code

if TYPE_CHECKING:
    from pathlib import Path

RULES = OutputRules("compound_id", "value", "", "refuse", False, None, None)  # noqa: FBT003 - a direction
ASKED = ("a", "b", "c")


def read(
    folder: Path, text: str | bytes, rules: OutputRules = RULES, *, whole: bool = True
) -> dict[str, Measurement]:
    path = folder / "output.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_output(path, ASKED, rules, whole=whole)


def test_values_come_by_id_in_any_order(tmp_path: Path) -> None:
    found = read(tmp_path, "value,other,compound_id\n-7.5,x,b\n1e-3,y,a\n")
    assert found == {"b": Measurement(-7.5), "a": Measurement(0.001)}


@pytest.mark.parametrize("text", ["", "high", "nan", "inf", "-inf", "1,5", "0x10"])
def test_a_value_that_is_no_finite_number_is_a_failure(tmp_path: Path, text: str) -> None:
    quoted = f'"{text}"'
    (found,) = read(tmp_path, f"compound_id,value\na,{quoted}\n").values()
    assert (found.value, found.code) == (None, Code.MEASUREMENT_FAILED)
    assert text in found.message


def test_limits_and_relations(tmp_path: Path) -> None:
    rules = replace(RULES, minimum=-20.0, maximum=0.0, relation_column="sign")
    found = read(tmp_path, "compound_id,value,sign\na,-30,=\nb,-5,>\nc,-5,~\n", rules)
    assert found["b"] == Measurement(-5.0, ">")
    assert "outside -20 to 0" in found["a"].message
    assert "relation '~'" in found["c"].message


def test_several_rows_of_a_compound(tmp_path: Path) -> None:
    text = "compound_id,value\na,-7\na,-9\na,oops\nb,-5\nb,-5\n"
    found = read(tmp_path, text)
    assert found["b"] == Measurement(-5.0)
    assert "3 rows that differ: -7, -9" in found["a"].message
    best = replace(RULES, several="best")
    assert read(tmp_path, text, best)["a"] == Measurement(-9.0)
    upward = replace(best, higher_is_better=True)
    assert read(tmp_path, text, upward)["a"] == Measurement(-7.0)


def test_a_cut_line_of_a_killed_program_is_left_out(tmp_path: Path) -> None:
    text = "compound_id,value\na,-7.25\nb,-1"  # it was about to write -11.5
    assert set(read(tmp_path, text)) == {"a", "b"}
    assert set(read(tmp_path, text, whole=False)) == {"a"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("compound_id,score\na,1\n", "0 columns 'value'"),
        ("compound_id,value,value\na,1,2\n", "2 columns 'value'"),
        ("compound_id,value\na,1,2\n", "line 2 of its output has 3 cells"),
        ("compound_id,value\na,1\nd,2\n", "'d', which it was not given"),
        (b"compound_id,value\n\xff,1\n", "not UTF-8"),
        ('compound_id,value\n"a,1\n', "no CSV"),
    ],
)
def test_output_that_cannot_be_trusted_is_refused_whole(
    tmp_path: Path, text: str | bytes, words: str
) -> None:
    with pytest.raises(UnsoundOutputError, match=words):
        read(tmp_path, text)


def test_no_output(tmp_path: Path) -> None:
    with pytest.raises(UnsoundOutputError, match="no output"):
        read_output(tmp_path / "absent.csv", ASKED, RULES, whole=True)
