from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from hitsieve.campaign.config import BudgetConfig
from hitsieve.campaign.reagents import round as rounds
from hitsieve.campaign.reagents.basket import Basket, Terms
from hitsieve.campaign.reagents.choices import every
from hitsieve.campaign.reagents.learned import Learned, coordinates_of
from hitsieve.campaign.reagents.round import Promising, tries, warm_up
from hitsieve.campaign.reagents.space import SynthonSpace
from hitsieve.library.enumerate import EnumerationConfig


@pytest.fixture
def ureas(space: dict[str, Any]) -> SynthonSpace:
    return SynthonSpace(EnumerationConfig.model_validate(space), BudgetConfig())


def _basket(space: SynthonSpace, size: int, **changes: Any) -> Basket:
    terms = {"budget": BudgetConfig(), "spent": 0.0, "replicates": 1, "cap": 1.0, "excluded": ()}
    return Basket(space, [], Terms(size=size, **{**terms, **changes}))


def _learned(space: SynthonSpace) -> Learned:
    choices = every(space)[np.random.default_rng(1).permutation(900)[:80]]
    values = (choices[:, 1] + choices[:, 2]).astype(np.float64)
    return Learned(coordinates_of(space, seed=1), choices, values)


def test_each_reagent_is_tried_equally_often(ureas: SynthonSpace) -> None:
    assert tries(ureas, 2) == 60
    basket = _basket(ureas, 60)
    warm_up(ureas, basket, 2, 60, np.random.default_rng(1))
    assert len(basket) == 60
    for role in (1, 2):
        counts = Counter(one.choice[role] for one in basket.taken)
        assert len(counts) == 30
        assert max(counts.values()) <= 4, "twice, and once more for each that was made before"
    assert {one.pick.reason for one in basket.taken} == {"warm-up"}


def test_a_short_warm_up_is_no_longer_than_allowed(ureas: SynthonSpace) -> None:
    basket = _basket(ureas, 17)
    warm_up(ureas, basket, 2, 17, np.random.default_rng(1))
    assert len(basket) == 17


def test_a_part_is_expected_and_a_part_is_drawn(ureas: SynthonSpace) -> None:
    basket = _basket(ureas, 20)
    learned = _learned(ureas)
    Promising(ureas, basket, 12).fill(learned, 0.25, 20, np.random.default_rng(1))
    reasons = [one.pick.reason for one in basket.taken]
    assert reasons == ["expected"] * 5 + ["thompson"] * 15
    worth = [one.pick.value for one in basket.taken[:5]]
    assert worth == sorted(worth, reverse=True)
    best = np.sort(learned.foretold(every(ureas)))[::-1]
    assert worth[0] == pytest.approx(best[0])


def test_a_short_list_that_is_used_up_is_made_longer(ureas: SynthonSpace) -> None:
    basket = _basket(ureas, 100)
    Promising(ureas, basket, 3).fill(_learned(ureas), 1.0, 100, np.random.default_rng(1))
    assert len(basket) == 100, "three of each role make nine products"


def test_it_does_not_look_further_than_memory_goes(
    ureas: SynthonSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "_COMPARED", 40)
    basket = _basket(ureas, 100)
    Promising(ureas, basket, 3).fill(_learned(ureas), 1.0, 100, np.random.default_rng(1))
    assert 20 < len(basket) <= 36, "six of each role"


def test_a_reagent_that_had_its_share_makes_way(ureas: SynthonSpace) -> None:
    basket = _basket(ureas, 40, cap=0.05)
    Promising(ureas, basket, 2).fill(_learned(ureas), 1.0, 40, np.random.default_rng(1))
    assert len(basket) == 40
    assert max(Counter(one.choice[1] for one in basket.taken).values()) == 2
