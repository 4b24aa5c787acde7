from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.campaign.config import BudgetConfig
from hitsieve.campaign.offers import Offer
from hitsieve.campaign.reagents.prices import reagent_offers, unread_prices
from hitsieve.library.enumerate import EnumerationConfig, ReactionPlan, plan_enumeration

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def plan(space: dict[str, Any], tmp_path: Path) -> ReactionPlan:
    """Ureas of amines with prices and days, some of which say nothing or nothing sound."""
    path = tmp_path / "amine.csv"
    rows = ["CCN,a,10,3", "CCCN,b,20 EUR,2 weeks", "CCCCN,c,,", "CCCCCN,d,soon,9"]
    path.write_text("\n".join(["smiles,id,EUR,Days", *rows]) + "\n")
    files = {**space["reagents"]["urea"], "amine": [str(path)]}
    config = EnumerationConfig.model_validate({**space, "reagents": {"urea": files}})
    (found,) = plan_enumeration(config)
    return found


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        ({}, [Offer(None)] * 4),
        ({"price": "EUR"}, [Offer(10.0), Offer(20.0), Offer(None), None]),
        ({"price": "eur", "money": 9}, [Offer(10.0), Offer(20.0), None, None]),
        ({"price": "EUR", "money": 9, "unpriced": 4}, [Offer(10.0), Offer(20.0), Offer(4.0), None]),
        (
            {"lead_time": "Days", "max_lead_time": 10},
            [Offer(None, 3.0), None, None, Offer(None, 9.0)],
        ),
    ],
)
def test_offers_are_read_as_those_of_vendors(
    plan: ReactionPlan, budget: dict[str, Any], expected: list[Offer | None]
) -> None:
    assert reagent_offers(plan.entries[1], BudgetConfig.model_validate(budget)) == expected


def test_what_is_not_understood_is_told_with_examples(plan: ReactionPlan) -> None:
    (unread,) = unread_prices([plan], BudgetConfig(price="EUR", lead_time="Days"))
    assert (unread.column, unread.read, unread.unread) == ("EUR", 2, 1)
    assert unread.examples == (("d", "soon"),)
    assert unread_prices([plan], BudgetConfig(lead_time="Days")) == []
