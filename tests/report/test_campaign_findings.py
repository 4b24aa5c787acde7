from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.campaign.picks import CONTROL
from hitsieve.campaign.status import campaign_status
from hitsieve.report.campaign_findings import against_chance, checks_of, facts_of

if TYPE_CHECKING:
    from hitsieve.campaign.reagents import ReagentCampaign
    from hitsieve.campaign.run import Campaign


def test_picks_of_a_surrogate_are_held_against_chance(campaign: Campaign) -> None:
    rounds = campaign.rounds()
    found = against_chance(campaign, rounds)
    assert found is not None
    chosen = [pick for one in rounds[1:] for pick in one.picks if pick.reason != CONTROL]
    assert found.picked == len(chosen)
    assert found.picked + found.random == 32


def test_tries_of_reagents_are_neither_chosen_nor_random(spaced: ReagentCampaign) -> None:
    rounds = spaced.rounds()
    found = against_chance(spaced, rounds)
    assert found is not None
    controls = sum(pick.reason == CONTROL for one in rounds for pick in one.picks)
    assert found.random == controls
    chosen = sum(pick.reason != CONTROL for one in rounds[1:] for pick in one.picks)
    assert found.picked == chosen


def test_too_few_say_nothing(campaign: Campaign) -> None:
    assert against_chance(campaign, campaign.rounds()[:1]) is None


def test_numbers_and_findings(spaced: ReagentCampaign) -> None:
    rounds, status = spaced.rounds(), campaign_status(spaced)
    facts = dict(facts_of(spaced, status))
    assert facts["pool"] == "100"
    assert facts["rounds"] == "3"
    assert facts["audited"] == str(sum(one.controls for one in status.rounds))
    assert facts["best value"] == f"{max(v for one in rounds for v in one.values):.4g}"
    assert "spent" in facts
    checks = checks_of(spaced, rounds, status, against_chance(spaced, rounds))
    titles = [check.title for check in checks]
    assert titles == [
        "How much of the best has been found?",
        "Are the picks better than chance?",
        "Why did it end?",
    ]
    assert "true top 100" in checks[0].finding
    assert checks_of(spaced, rounds, status, None)[1].title == titles[2]
