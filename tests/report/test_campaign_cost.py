from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.campaign.compare import compare
from hitsieve.campaign.timing import note_seconds
from hitsieve.report.campaign_cost import costs_of, duration
from hitsieve.report.campaign_findings import against_chance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hitsieve.campaign.reagents import ReagentCampaign
    from hitsieve.campaign.run import Campaign


def _told(campaign: Any, **changes: Any) -> dict[str, tuple[str, str]]:
    rounds = campaign.rounds()
    found = changes.get("found", against_chance(campaign, rounds))
    return {one.name: (one.value, one.note) for one in costs_of(campaign, rounds, found)}


@pytest.fixture
def timed(campaign: Campaign) -> Iterator[Campaign]:
    for seconds in (10.0, 30.0):
        note_seconds(campaign.folder.root, 0, seconds)
    yield campaign
    (campaign.folder.root / "runs" / "seconds.jsonl").unlink()


def test_measurements_and_hits_are_counted(campaign: Campaign) -> None:
    told = _told(campaign)
    rounds = campaign.rounds()
    found = against_chance(campaign, rounds)
    assert found is not None
    values = [value for one in rounds for value in one.values]
    hits = sum(value >= found.threshold for value in values)
    assert told["measurements"] == ("32", "")
    assert told["hits"][0] == str(hits)
    assert told["measurements a hit"][0] == f"{32 / hits:.3g}"
    assert "money" not in told
    assert "time in all" not in told


def test_time_is_told_where_it_is_known(timed: Campaign) -> None:
    told = _told(timed)
    assert told["time in all"][0] == "40 s"
    assert "2 labels" in told["time in all"][1]
    assert told["time a label"][0] == "20 s"
    hits = int(told["hits"][0])
    assert told["time a hit"][0] == duration(20.0 * 32 / hits)


def test_money_is_told_with_what_is_left(spaced: ReagentCampaign) -> None:
    told = _told(spaced)
    spent = sum(pick.cost or 0.0 for one in spaced.rounds() for pick in one.picks)
    measured = sum(len(one.picks) for one in spaced.rounds())
    assert told["money"] == (f"{spent:,.2f}", f"{10_000 - spent:,.2f} of 10,000 left")
    assert told["money a measurement"][0] == f"{spent / measured:,.2f}"
    assert told["money a hit"][0] == f"{spent / int(told['hits'][0]):,.2f}"


def test_without_a_random_sample_nothing_is_a_hit(campaign: Campaign) -> None:
    assert list(_told(campaign, found=None)) == ["measurements"]


def test_no_hit_has_no_price(spaced: ReagentCampaign) -> None:
    hopeless = compare([1.0, 2.0, 3.0], [1e9, 1e9, 1e9, 1e9], seed=1)
    told = _told(spaced, found=hopeless)
    assert told["hits"][0] == "0"
    assert "money a hit" not in told


def test_a_panel_measures_each_target(several: Campaign) -> None:
    note_seconds(several.folder.root, 0, 6.0)
    told = _told(several)
    (several.folder.root / "runs" / "seconds.jsonl").unlink()
    hits = int(told["hits"][0])
    assert told["time a hit"][0] == duration(6.0 * 2 * 26 / hits)
