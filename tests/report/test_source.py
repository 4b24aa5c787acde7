from __future__ import annotations

from typing import TYPE_CHECKING

from hitsieve.campaign.reagents import choices
from hitsieve.report.source import acquisition_words, pool_words, random_fingerprints, sources_of

if TYPE_CHECKING:
    import pytest

    from hitsieve.campaign.reagents import ReagentCampaign
    from hitsieve.campaign.run import Campaign


def test_a_library_names_what_suppliers_say(campaign: Campaign) -> None:
    rounds = campaign.rounds()
    ids = [pick.compound_id for pick in rounds[0].picks[:3]]
    found = sources_of(campaign, rounds, ids)
    assert sorted(found) == sorted(ids)
    assert all(names[0].startswith("<b>") for names in found.values())
    assert pool_words(campaign) == ("library", "library, 60 compounds")
    assert acquisition_words(campaign) == campaign.config.acquisition.kind


def test_a_space_names_what_makes_a_product(spaced: ReagentCampaign) -> None:
    rounds = spaced.rounds()
    ids = [pick.compound_id for pick in rounds[-1].picks]
    found = sources_of(spaced, rounds, ids)
    assert [found[name] for name in ids] == [[one] for one in rounds[-1].surrogate["products"]]
    assert pool_words(spaced)[1] == "urea: 100 products, never enumerated"
    assert "50 % expected best" in acquisition_words(spaced)


def test_a_large_space_is_counted_about(
    spaced: ReagentCampaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hitsieve.report.source.COUNTED", 50)
    assert "about 100 products" in pool_words(spaced)[1]
    assert choices.COUNTED > 50


def test_random_compounds_are_the_same_ones_each_time(
    campaign: Campaign, spaced: ReagentCampaign
) -> None:
    for one in (campaign, spaced):
        bits = random_fingerprints(one, 12)
        assert bits.shape == (12, 256)
        assert (bits == random_fingerprints(one, 12)).all()
