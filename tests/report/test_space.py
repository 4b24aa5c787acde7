from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hitsieve.report.space import chemical_space

if TYPE_CHECKING:
    from hitsieve.campaign.reagents import ReagentCampaign
    from hitsieve.campaign.run import Campaign


def test_picks_do_not_bend_the_axes(campaign: Campaign) -> None:
    rounds = campaign.rounds()
    early, late = chemical_space(campaign, rounds[:2]), chemical_space(campaign, rounds)
    assert (early.pool == late.pool).all()
    assert early.explained == late.explained > 0


def test_picks_of_the_last_round_stand_out(campaign: Campaign) -> None:
    rounds = campaign.rounds()
    found = chemical_space(campaign, rounds)
    assert len(found.picked) == len(rounds[-1].picks)
    assert len(found.measured) == sum(len(one.picks) for one in rounds[:-1])
    assert found.last == "measured in round 2"


def test_picks_of_an_open_round_stand_out_before_they_are_measured(campaign: Campaign) -> None:
    rounds = campaign.rounds()
    found = chemical_space(campaign, rounds[:2])
    chosen = campaign.folder.choice(2)
    assert chosen is not None
    assert len(found.picked) == len(chosen.picks)
    assert len(found.measured) == sum(len(one.picks) for one in rounds[:2])
    assert found.last == "picked in round 2, not all measured"
    done = chemical_space(campaign, rounds)
    np.testing.assert_allclose(found.picked, done.picked)


def test_products_are_made_for_a_space(spaced: ReagentCampaign) -> None:
    found = chemical_space(spaced, spaced.rounds())
    assert 55 <= len(found.pool) < 100, "a hundred choices; many ureas have two ways"
    assert len(found.picked) == len(spaced.rounds()[-1].picks)
    assert 0 < found.explained <= 1
