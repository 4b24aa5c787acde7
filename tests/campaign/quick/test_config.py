from __future__ import annotations

from typing import Any

import pytest

from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.config import parse_config
from hitsieve.errors import ConfigError

RICH = {"bit_process", "gaussian_process", "support_vectors", "extra_trees"}
FAST = {"bit_process", "perceptron"}


@pytest.mark.parametrize(
    ("settings", "pool", "kinds"),
    [
        ({}, 200_000, RICH),
        ({}, 200_001, FAST),
        ({"rich_pool": 5}, 5, RICH),
        ({"rich_pool": 5}, 6, FAST),
        ({"rich_pool": 5, "rescore": 3}, 6, FAST | RICH),
        ({"rich_pool": 5, "rescore": 3}, 5, RICH),
        ({"rich_pool": 0}, 1, FAST),
        ({"kinds": ("forest", "network"), "rescore": 3}, 10**7, {"forest", "network"}),
    ],
)
def test_the_pool_decides_the_kinds_unless_they_are_named(
    settings: dict[str, Any], pool: int, kinds: set[str]
) -> None:
    found = QuickConfig(**settings).kinds_for(pool)
    assert set(found) == kinds
    assert len(found) == len(kinds)  # none is fitted twice


def test_named_kinds_keep_their_order() -> None:
    assert QuickConfig(kinds=("network", "forest")).kinds_for(1) == ("network", "forest")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"kinds": ["forest", "network", "forest"]}, "kinds are named twice"),
        ({"kinds": []}, "at least 1 item"),
        ({"kinds": ["forrest"]}, "'forrest'"),
        ({"folds": 1}, "folds = 1"),
        ({"most_compounds": 49}, "most_compounds = 49"),
        ({"rescore": -1}, "rescore = -1"),
        ({"prune": {"loss": 1.0}}, "prune.loss = 1.0"),
        ({"prune": {"loss": -0.1}}, "prune.loss = -0.1"),
        ({"prune": {"top": 0}}, "prune.top = 0"),
        ({"prune": {"los": 0.1}}, "did you mean 'loss'"),
    ],
)
def test_impossible_settings_are_named(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_config(QuickConfig, settings)


def test_unasked_nothing_is_given_up_and_all_is_scored_in_one_stage() -> None:
    config = parse_config(QuickConfig, {})
    assert (config.prune.loss, config.rescore, config.fine_tune) == (0.0, 0, False)
