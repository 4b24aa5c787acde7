from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from hitsieve.campaign.config import BudgetConfig
from hitsieve.campaign.reagents.audit import Audit
from hitsieve.campaign.reagents.space import SynthonSpace
from hitsieve.library.enumerate import EnumerationConfig


@pytest.fixture
def ureas(space: dict[str, Any]) -> SynthonSpace:
    return SynthonSpace(EnumerationConfig.model_validate(space), BudgetConfig())


def _names(audit: Audit, n: int) -> list[str]:
    return [made.name for _, made in audit.first(n)]


def test_a_longer_list_begins_with_the_shorter_one(ureas: SynthonSpace) -> None:
    one, other = Audit(ureas, (), seed=3), Audit(ureas, (), seed=3)
    short = _names(one, 10)
    assert _names(other, 60)[:10] == short
    assert _names(one, 60)[:10] == short
    assert _names(Audit(ureas, (), seed=4), 10) != short


def test_no_product_is_drawn_twice_whatever_makes_it(ureas: SynthonSpace) -> None:
    found = Audit(ureas, (), seed=1).first(2000)
    counted = Counter(made.compound_id for _, made in found)
    assert max(counted.values()) == 1
    assert len(found) == 494, "all ureas of the space: many have two ways"


def test_any_product_is_as_likely_as_any_other(ureas: SynthonSpace) -> None:
    seen = Counter(
        choice[1] // 15 + 2 * (choice[2] // 15)
        for seed in range(120)
        for choice, _ in Audit(ureas, (), seed=seed).first(5)
    )
    # Each quarter of the choices holds as many; a quarter of 600 is 150 with a spread of 10.
    assert all(110 < n < 190 for n in seen.values())


def test_what_is_excluded_is_passed_over(ureas: SynthonSpace) -> None:
    first = Audit(ureas, (), seed=3).first(6)
    key, name = first[0][1].compound_id, first[2][1].name
    left = Audit(ureas, {key, name}, seed=3).first(4)
    assert left == [first[1], *first[3:]]
