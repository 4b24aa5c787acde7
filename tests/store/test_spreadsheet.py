from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.store.spreadsheet import FORMULA_STARTS, neutralize, neutralize_once, restore


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_formulas_are_made_text(start: str) -> None:
    assert neutralize(f"{start}1+1") == f"'{start}1+1"
    assert neutralize(f"  {start.strip() or '='}1+1").startswith("'")


@pytest.mark.parametrize("text", ["", "CCO", "A-1", "'quoted"])
def test_other_text_stays(text: str) -> None:
    assert neutralize(text) == text


@given(st.text(st.sampled_from("'=-+ aC1"), max_size=6))
def test_what_was_neutralized_once_is_given_back(text: str) -> None:
    written = neutralize_once(text)
    assert restore(written) == text
    assert neutralize(written) == written
