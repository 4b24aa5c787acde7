from __future__ import annotations

from typing import Any

import pytest

from hitsieve.campaign.reagents.space import SynthonSpace
from hitsieve.errors import InputError
from hitsieve.library.enumerate import EnumerationConfig, plan_enumeration


def _space(space: dict[str, Any], **changes: Any) -> SynthonSpace:
    return SynthonSpace(EnumerationConfig.model_validate({**space, **changes}))


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
