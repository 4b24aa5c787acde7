from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.report.campaign_reagents import reagent_effects

if TYPE_CHECKING:
    from hitsieve.campaign.reagents import ReagentCampaign
    from hitsieve.campaign.run import Campaign


def test_the_reagents_that_add_most_are_named(spaced: ReagentCampaign) -> None:
    roles = reagent_effects(spaced, spaced.rounds())
    assert [(role.reaction, role.name, role.reagents) for role in roles] == [
        ("urea", "isocyanate", 10),
        ("urea", "amine", 10),
    ]
    for role in roles:
        effects = [one.effect for one in role.best]
        assert [one.value for one in effects] == sorted(
            (one.value for one in effects), reverse=True
        )
        # One more carbon adds one character: the longest adds 4.5 more than the average reagent.
        assert role.best[0].name.endswith("10")
        assert effects[0].low - 0.5 <= 4.5 <= effects[0].high + 0.5
        assert effects[0].low < effects[0].value < effects[0].high


def test_products_of_a_reagent_are_counted(spaced: ReagentCampaign) -> None:
    rounds = spaced.rounds()
    values = [
        value
        for one in rounds
        for name, value in zip(one.surrogate["products"], one.values, strict=True)
        if "i10." in name
    ]
    first = reagent_effects(spaced, rounds)[0].best[0]
    assert first.products == len(values)
    assert first.mean == pytest.approx(np.mean(values))


def test_a_library_has_no_reagents(campaign: Campaign) -> None:
    assert reagent_effects(campaign, campaign.rounds()) == []
