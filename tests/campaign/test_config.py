from __future__ import annotations

from typing import Any

import pytest

from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.config import BudgetConfig, FirstConfig
from hitsieve.config import parse_config
from hitsieve.errors import ConfigError


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ({"how": "near"}, "`actives` are given for `how: near`"),
        ({"how": "random", "actives": ["CCO"]}, "only then"),
        ({"how": "near", "actives": ["CCO", "aspirin"]}, "'aspirin' in `actives` is no readable"),
    ],
)
def test_actives_are_read_before_anything_begins(first: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_config(CampaignConfig, {"library": "l", "folder": "f", "first": first})
    assert FirstConfig(how="near", actives=("CCO",)).actives == ("CCO",)


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        ({"max_lead_time": 5}, "`max_lead_time` needs `lead_time`"),
        ({"money": 5}, "`money` needs `price`"),
    ],
)
def test_limits_need_columns(budget: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_config(CampaignConfig, {"library": "l", "folder": "f", "budget": budget})
    assert BudgetConfig(money=5, measuring=1).money == 5
