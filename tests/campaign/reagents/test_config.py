from __future__ import annotations

from typing import Any

import pytest

from hitsieve.campaign.reagents.config import ReagentCampaignConfig
from hitsieve.config import parse_config
from hitsieve.errors import ConfigError

GIVEN = {"folder": "c", "library": {"reactions": ["urea"]}}


def test_defaults_end_by_themselves() -> None:
    config = parse_config(ReagentCampaignConfig, GIVEN)
    assert config.budget.measurements == 5000
    assert config.stop.wanted(10**9) == 100, "a share of a billion would be a million"
    assert config.reagent_cap == 1.0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"stop": {"share_found": 0.5}}, "controls"),
        ({"library": {"reaction": ["urea"]}}, "reactions"),
        ({"evaluations": 30}, "unknown key 'evaluations'"),
        ({"reagent_cap": 0.0}, "reagent_cap"),
        ({"name": "../x"}, "name"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse_config(ReagentCampaignConfig, {**GIVEN, **change})
