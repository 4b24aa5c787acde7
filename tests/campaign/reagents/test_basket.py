from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hitsieve.campaign.config import BudgetConfig
from hitsieve.campaign.picks import CONTROL
from hitsieve.campaign.reagents.basket import Basket, Terms
from hitsieve.campaign.reagents.space import SynthonSpace
from hitsieve.library.enumerate import EnumerationConfig

NO_LIMIT = BudgetConfig()


@pytest.fixture
def ureas(space: dict[str, Any]) -> SynthonSpace:
    """Thirty isocyanates with thirty amines, whose prices are 1 to 30."""
    (name,) = space["reagents"]["urea"]["amine"]
    rows = [line.split() for line in Path(name).read_text().splitlines()]
    path = Path(name).with_suffix(".csv")
    lines = [f"{smiles},{label},{n}" for n, (smiles, label) in enumerate(rows, 1)]
    path.write_text("\n".join(["smiles,id,price", *lines]))
    files = {**space["reagents"]["urea"], "amine": [str(path)]}
    config = EnumerationConfig.model_validate({**space, "reagents": {"urea": files}})
    return SynthonSpace(config, BudgetConfig(price="price", unpriced=0.0))


def _basket(ureas: SynthonSpace, **changes: Any) -> Basket:
    terms = {"size": 10, "budget": NO_LIMIT, "spent": 0.0, "replicates": 1, "cap": 1.0}
    return Basket(ureas, [], Terms(**{**terms, "excluded": (), **changes}))


def _ranked(*choices: tuple[int, int]) -> list[tuple[float, tuple[int, ...]]]:
    return [(float(-n), (0, *pair)) for n, pair in enumerate(choices)]


def test_the_best_are_taken_once(ureas: SynthonSpace) -> None:
    basket = _basket(ureas)
    ranked = _ranked((0, 0), (0, 0), (2, 3), (4, 1), (5, 5))
    assert basket.take(ranked, 2, "expected") == 2
    assert [one.choice for one in basket.taken] == [(0, 0, 0), (0, 2, 3)]
    assert [one.pick.value for one in basket.taken] == [0.0, -2.0]
    assert basket.take(ranked, 9, "expected") == 2
    assert basket.take(ranked, 9, "expected") == 0
    assert len(basket.new) == 4


def test_two_ways_to_a_product_are_one_product(ureas: SynthonSpace) -> None:
    basket = _basket(ureas)
    # Propyl isocyanate with ethylamine, and ethyl isocyanate with propylamine: one urea.
    assert basket.take(_ranked((4, 0), (2, 2), (4, 6)), 9, "expected") == 2
    assert [one.choice for one in basket.taken] == [(0, 4, 0), (0, 4, 6)]
    assert (0, 2, 2) in basket.seen, "it need not be looked at again"


def test_money_and_replicates_limit_it(ureas: SynthonSpace) -> None:
    budget = BudgetConfig(money=30.0, measuring=1.5, price="price", unpriced=0.0)
    basket = _basket(ureas, budget=budget, spent=10.0, replicates=2)
    # Prices 5, 20, 9 and 6, and 3 for two measurements of each: 8, 23, 12, 9. Of 20 that are left
    # the last could be paid, had the others cost nothing.
    assert basket.take(_ranked((3, 4), (3, 19), (3, 8), (3, 5)), 9, "expected") == 2
    assert [one.pick.cost for one in basket.taken] == [8.0, 12.0]
    assert basket.is_short
    assert (0, 3, 19) not in basket.seen, "there may be more money later"


def test_no_reagent_beyond_its_share(ureas: SynthonSpace) -> None:
    basket = _basket(ureas, cap=0.2)
    ranked = _ranked(*[(7, n) for n in range(5)], (8, 9))
    assert basket.take(ranked, 9, "expected") == 3
    assert [one.choice[1] for one in basket.taken] == [7, 7, 8]
    isocyanates, amines = basket.allowed(0)
    assert not isocyanates[7]
    assert isocyanates.sum() == 29
    assert amines.all()
    # A role of few reagents must fill a round nevertheless.
    ureas.available[0][0][:] = False
    ureas.available[0][0][:2] = True
    few = _basket(ureas, cap=0.1)
    assert few.take(_ranked(*[(n % 2, n) for n in range(20)]), 10, "expected") == 10


def test_what_is_excluded_is_made_and_passed_over(ureas: SynthonSpace) -> None:
    made = ureas.make((0, 3, 4))
    assert made is not None
    for name in (made.compound_id, made.name):
        basket = _basket(ureas, excluded={name})
        assert basket.take(_ranked((3, 4), (3, 5)), 9, "expected") == 1
        assert (0, 3, 4) not in basket.seen, "the list may change"


def test_controls_need_no_worth_and_count_for_no_share(ureas: SynthonSpace) -> None:
    basket = _basket(ureas, size=3, cap=0.4)
    audit = [((0, 7, n), made) for n in range(5) if (made := ureas.make((0, 7, n))) is not None]
    basket.control(audit)
    assert [one.pick.reason for one in basket.taken] == [CONTROL] * 3
    assert basket.allowed(0)[0].all()
