from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hitsieve.campaign.config import BudgetConfig
from hitsieve.campaign.offers import Offer
from hitsieve.campaign.reagents.space import SynthonSpace
from hitsieve.errors import InputError
from hitsieve.library.enumerate import EnumerationConfig, plan_enumeration


def _space(space: dict[str, Any], **changes: Any) -> SynthonSpace:
    budget = changes.pop("budget", {})
    config = EnumerationConfig.model_validate({**space, **changes})
    return SynthonSpace(config, BudgetConfig.model_validate(budget))


def test_products_are_those_of_the_enumeration(space: dict[str, Any]) -> None:
    found = _space(space, product={"max_heavy_atoms": 12})
    (plan,) = plan_enumeration(
        EnumerationConfig.model_validate({**space, "product": {"max_heavy_atoms": 12}})
    )
    made = {
        one.name
        for i in range(found.sizes(0)[0])
        for j in range(found.sizes(0)[1])
        if (one := found.make((0, i, j))) is not None
    }
    assert made == {product.product_id for product in plan.products()}
    assert found.combinations == 900


def test_a_product_has_a_structure_key(space: dict[str, Any]) -> None:
    made = _space(space).make((0, 0, 0))
    assert made is not None
    assert made.smiles == "CCNC(=O)NC"
    assert made.compound_id.count("-") == 3


def test_no_reagent_that_fits_is_refused(space: dict[str, Any]) -> None:
    amines = space["reagents"]["urea"]["amine"]
    wrong = {"urea": {"isocyanate": amines, "amine": amines}}
    with pytest.raises(InputError):
        _space(space, reagents=wrong)


def test_other_reagents_are_another_space(space: dict[str, Any]) -> None:
    one = _space(space).describe()
    assert one == _space(space).describe()
    assert one != _space(space, product={"max_mw": 300}).describe()


@pytest.fixture
def offered(space: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    """Amines have prices and days, one neither; isocyanates have none."""
    path = tmp_path / "amine.csv"
    path.write_text("smiles,id,EUR,Days\nCCN,a,10,3\nCCCN,b,20 EUR,2 weeks\nCCCCN,c,,\n")
    files = {**space["reagents"]["urea"], "amine": [str(path)]}
    return {**space, "reagents": {"urea": files}}


def test_a_product_costs_what_its_reagents_cost(offered: dict[str, Any]) -> None:
    found = _space(offered, budget={"price": "EUR", "lead_time": "days"})
    assert [found.offer((0, 4, n)) for n in range(3)] == [
        Offer(10.0, 3.0), Offer(20.0, 14.0), Offer(None, None)
    ]  # fmt: skip
    assert all(found.can_be_had((0, 4, n)) for n in range(3))
    assert _space(offered).offer((0, 4, 0)) == Offer(None, None)


def test_a_reagent_that_cannot_be_had_keeps_its_place(offered: dict[str, Any]) -> None:
    found = _space(offered, budget={"price": "EUR", "money": 100, "unpriced": 7})
    assert found.offer((0, 4, 2)) == Offer(14.0, None)
    with pytest.raises(InputError, match="'isocyanate' is offered"):
        _space(offered, budget={"price": "EUR", "money": 100})
    amines = offered["reagents"]["urea"]["amine"]
    acids = Path(amines[0]).with_name("acid.csv")
    acids.write_text("smiles,id,days\nCC(=O)O,x,1\n")
    amides = {"amide_coupling": {"acid": [str(acids)], "amine": amines}}
    late = _space(
        {"reactions": ["amide_coupling"], "reagents": amides, "product": {}},
        budget={"lead_time": "days", "max_lead_time": 10},
    )
    assert late.sizes(0) == (1, 3)
    assert [late.can_be_had((0, 0, n)) for n in range(3)] == [True, False, False]


def test_bounds_are_those_of_made_products(space: dict[str, Any]) -> None:
    found = _space(space, product={"max_heavy_atoms": 12, "min_mw": 120.0})
    places = np.array([[i, j] for i in range(30) for j in range(30)])
    kept = found.within(0, places)
    assert 0 < kept.sum() < 900
    assert [found.make((0, *pair)) is not None for pair in places.tolist()] == kept.tolist()
