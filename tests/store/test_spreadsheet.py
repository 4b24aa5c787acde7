from __future__ import annotations

import pytest

from hitsieve.store.spreadsheet import FORMULA_STARTS, neutralize


@pytest.mark.parametrize("start", FORMULA_STARTS)
def test_formulas_are_made_text(start: str) -> None:
    assert neutralize(f"{start}1+1") == f"'{start}1+1"
    assert neutralize(f"  {start.strip() or '='}1+1").startswith("'")


@pytest.mark.parametrize("text", ["", "CCO", "A-1", "'quoted"])
def test_other_text_stays(text: str) -> None:
    assert neutralize(text) == text
