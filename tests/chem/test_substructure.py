from __future__ import annotations

import pytest

from hitsieve.chem.substructure import SubstructureFilter
from hitsieve.errors import UsageError


def test_all_of_some_and_none_of_others() -> None:
    chosen = SubstructureFilter(["[OH]", "c1ccccc1"], ["[Cl]", "[Br]"])
    kept = ["Oc1ccccc1", "OCc1ccccc1F"]
    assert [s for s in [*kept, "CCO", "Oc1ccccc1Cl", "Oc1ccccc1Br"] if chosen.keeps(s)] == kept


def test_nothing_asked_keeps_everything_and_unreadable_text_never_passes() -> None:
    assert SubstructureFilter().keeps("CCO")
    assert not SubstructureFilter(absent=["F"]).keeps("C1CC")


def test_what_is_no_smarts_is_refused() -> None:
    with pytest.raises(UsageError, match=r"c1\("):
        SubstructureFilter(["c1("])
