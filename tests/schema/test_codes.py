from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hitsieve.chem.standardize import Standardizer
from hitsieve.schema.codes import CODES, MESSAGE_LIMIT, Code, Status, clip

# Their examples are shortened, or belong to files and workers.
NOT_A_RECORD = {Code.TEXT_TOO_LONG, Code.TOO_LARGE, Code.TOO_MANY_FRAGMENTS, Code.TOO_MANY_RINGS}


def test_every_code_is_explained() -> None:
    assert set(CODES) == set(Code)
    for code, info in CODES.items():
        assert info.meaning, code
        assert info.cure, code
        assert isinstance(info.status, Status)


def test_every_example_ends_with_its_code() -> None:
    standardize = Standardizer()
    for code, info in CODES.items():
        if info.example and code not in NOT_A_RECORD and info.status is not Status.FAILED:
            text = info.example.replace("\\r", "\r").replace("\\n", "\n")
            cell = int(text) if code is Code.WRONG_TYPE else text
            assert standardize(cell).code == code, info.example


@given(st.text(max_size=700))
def test_clipped_messages_fit_a_row(text: str) -> None:
    found = clip(text)
    assert len(found) <= MESSAGE_LIMIT
    assert found.isprintable()
    assert clip(found) == found


def test_a_short_message_is_kept() -> None:
    assert clip("all fine") == "all fine"
    assert clip("a\nb\x00c") == "a b c"
    assert clip("x" * 301).endswith("…")
