from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from hitsieve.report.campaign_best import best_measured, rank_measured, value_words
from hitsieve.report.campaign_export import best_table

if TYPE_CHECKING:
    from hitsieve.campaign.reagents import ReagentCampaign
    from hitsieve.campaign.run import Campaign
    from hitsieve.campaign.state import Round


def test_the_best_come_first_with_names(campaign: Campaign) -> None:
    found = rank_measured(campaign, campaign.rounds())
    assert len(found) == 32
    values = [one.value for one in found]
    assert values == sorted(values, reverse=True)
    assert [one.rank for one in found] == list(range(1, 33))
    assert found[0].sources[0].startswith("<b>")
    assert found[0].reaction == ""
    assert rank_measured(campaign, campaign.rounds(), 5) == found[:5]


def test_products_name_reaction_and_reagents(spaced: ReagentCampaign) -> None:
    best, *_ = rank_measured(spaced, spaced.rounds(), 1)
    assert best.reaction == "urea"
    assert best.reagents == (
        ("isocyanate", "<i>i10", "CCCCCCCCCCN=C=O"),
        ("amine", "<i>a10", "CCCCCCCCCCCN"),
    )
    assert best.smiles == "CCCCCCCCCCCNC(=O)NCCCCCCCCCC"
    assert best.pick.price == 20.0


def test_each_target_of_a_panel_has_its_value(several: Campaign) -> None:
    (best, *_) = rank_measured(several, several.rounds(), 1)
    size = next(iter(best.targets.values()))
    assert list(best.targets) == ["<size>", "nitrogen"]
    assert best.targets["nitrogen"] == (0.0, "=")
    assert size is not None
    assert size[0] > 20
    shown = best_measured(several, several.rounds())[0]
    assert shown.targets == (("<size>", f"{size[0]:.4g}"), ("nitrogen", "0"))
    table = best_table(several, several.rounds(), 3)
    assert table["<size>"].to_pylist()[0] == size[0]
    assert table["nitrogen: relation"].to_pylist() == ["="] * 3


def _with_bounds(one: Round) -> Round:
    """Say of the best value of a round that it is an upper bound, of the poorest a lower one."""
    values = np.array(one.values)
    relation = ["="] * len(values)
    relation[int(values.argmax())], relation[int(values.argmin())] = "<", ">"
    place = one.labels.column_names.index("relation")
    labels = one.labels.set_column(place, "relation", pa.array(relation))
    return replace(one, labels=labels)


def test_a_bound_that_may_be_poor_has_no_rank(campaign: Campaign) -> None:
    first = campaign.rounds()[0]
    found = rank_measured(campaign, [_with_bounds(first)])
    assert found[-1].rank is None
    assert found[-1].value == max(first.values)
    assert found[-2].relation == ">", "at least that is sure, and poorest"
    assert best_measured(campaign, [_with_bounds(first)])[-1].value.startswith("< ")


def test_values_are_shown_with_their_relation() -> None:
    assert [value_words(1234.56, sign) for sign in "=<>"] == ["1235", "< 1235", "> 1235"]
