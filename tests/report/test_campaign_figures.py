from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hitsieve.campaign.estimate import Estimate
from hitsieve.report.campaign_figures import (
    endpoint_words,
    figures_of,
    found_curve,
    round_values,
    space_map,
)
from hitsieve.report.space import Space
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    from hitsieve.campaign.reagents import ReagentCampaign
    from hitsieve.campaign.run import Campaign


def test_a_page_shows_values_share_found_and_space(campaign: Campaign) -> None:
    found = figures_of(campaign, campaign.rounds())
    assert [one.title for one in found] == [
        "Values round by round", "Found of the top 0.1 %", "Chemical space"
    ]  # fmt: skip
    for one in found:
        assert one.picture.startswith("<svg")
    assert "picked in" not in found[2].picture
    assert "measured in round 2" in found[2].picture


def test_a_space_is_drawn_too(spaced: ReagentCampaign) -> None:
    titles = [one.title for one in figures_of(spaced, spaced.rounds())]
    assert titles[1:] == ["Found of the top 100", "Chemical space"]


def test_bounds_are_marked_and_named(campaign: Campaign) -> None:
    first = campaign.rounds()[0]
    plain = round_values([first], "e", higher_is_better=True)
    assert "bound" not in plain
    relation = pa.array(["<"] * 3 + ["="] * (len(first.picks) - 3))
    place = first.labels.column_names.index("relation")
    bounded = replace(first, labels=first.labels.set_column(place, "relation", relation))
    drawn = round_values([bounded], "e", higher_is_better=True)
    assert "bound: the true value lies where it points" in drawn


def test_many_rounds_do_not_crowd_the_axis(campaign: Campaign) -> None:
    first = campaign.rounds()[0]
    rounds = [replace(first, number=n) for n in range(40)]
    drawn = round_values(rounds, "e", higher_is_better=True)
    assert len(re.findall(r">\d+</text>", drawn)) < 30


def test_the_share_found_is_drawn_where_it_was_estimated(campaign: Campaign) -> None:
    rounds = campaign.rounds()
    some = Estimate(0.1, 0.2, 0.4, "model")
    drawn = found_curve(rounds, [None, some, some])
    assert "share of the true top found" in drawn
    assert drawn != found_curve(rounds, [some, some, some])


def test_the_last_picks_are_drawn_apart() -> None:
    rng = np.random.default_rng(0)
    space = Space(rng.random((30, 2)), rng.random((9, 2)), rng.random((4, 2)), "picked <now>", 0.4)
    drawn = space_map(space)
    assert "picked &lt;now&gt;" in drawn
    nothing = replace(space, picked=np.empty((0, 2)))
    assert len(space_map(nothing)) < len(drawn)


def test_the_endpoint_has_its_unit() -> None:
    oracle = FakeOracle()
    assert endpoint_words(oracle) == "text_length"
    oracle.unit = "nM"
    assert endpoint_words(oracle) == "text_length (nM)"
