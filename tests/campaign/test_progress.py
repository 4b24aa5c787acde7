from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.config import BudgetConfig
from hitsieve.campaign.estimate import Estimate
from hitsieve.campaign.picks import CONTROL, Pick
from hitsieve.campaign.progress import ending, learned_values, money_spent
from hitsieve.campaign.state import Round
from hitsieve.campaign.stopping import StoppingConfig
from hitsieve.config import parse_config
from hitsieve.errors import ConfigError
from hitsieve.testing.oracle_kit import FakeOracle


def a_round(number: int, lengths: list[int], cost: float | None = None, controls: int = 0) -> Round:
    smiles = [("C" * n) for n in lengths]
    labels = FakeOracle().measure([(f"{number}-{i}", text) for i, text in enumerate(smiles)])
    reasons = [CONTROL if i < controls else "greedy" for i in range(len(lengths))]
    picks = tuple(Pick(f"{number}-{i}", why, cost=cost) for i, why in enumerate(reasons))
    return Round(number, "m", picks, labels)


def why(done: list[Round], estimate: Estimate | None = None, **changes: Any) -> str | None:
    values: dict[str, Any] = {"initial": 2, "batch": 2, "rounds": 9, "controls": 0.1}
    stopped = changes.pop("stopped", None)
    pool = changes.pop("pool", 100)
    config = CampaignConfig(library=Path("l"), folder=Path("f"), **{**values, **changes})
    found = ending(
        config, done, pool=pool, higher_is_better=True, stopped=stopped, estimate=estimate
    )
    return None if found is None else found.why


ROUNDS = [a_round(0, [3, 4]), a_round(1, [9, 8]), a_round(2, [2, 1]), a_round(3, [2, 1])]


def test_it_goes_on() -> None:
    assert why([]) is None
    assert why(ROUNDS[:2]) is None


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("rounds", {"rounds": 3}),
        ("budget", {"budget": BudgetConfig(measurements=8)}),
        ("pool_exhausted", {"pool": 8}),
        ("by_hand", {"stopped": "enough"}),
        ("no_progress", {"stop": StoppingConfig(patience=2, top_fraction=0.01)}),
    ],
)
def test_reasons_to_end(reason: str, changes: dict[str, Any]) -> None:
    assert why(ROUNDS, **changes) == reason


def test_enough_was_found_for_sure() -> None:
    stop = StoppingConfig(share_found=0.8)
    sure, unsure = Estimate(0.82, 0.9, 0.95, "model"), Estimate(0.7, 0.9, 0.95, "model")
    assert why(ROUNDS, sure, stop=stop) == "share_found"
    assert why(ROUNDS, unsure, stop=stop) is None


def test_money_is_used_up() -> None:
    rounds = [a_round(0, [3, 4], 5.0), a_round(1, [5, 6], 5.0)]
    assert money_spent(rounds) == 20
    budget = {"budget": BudgetConfig(money=20, measuring=5)}
    assert why(rounds, **budget) == "budget"
    assert why(rounds[:1], **budget) is None
    # A round that could not be filled has taken all that could be paid.
    short = [a_round(0, [3, 4], 5.0), a_round(1, [5], 5.0)]
    assert why(short, budget=BudgetConfig(money=17, measuring=5)) == "budget"


def test_the_audit_is_no_progress() -> None:
    one = a_round(1, [9, 2], controls=1)
    assert learned_values(one).tolist() == [2.0]


def test_finding_enough_needs_an_audit() -> None:
    with pytest.raises(ConfigError, match="judged from `controls`"):
        parse_config(
            CampaignConfig,
            {"library": "l", "folder": "f", "stop": {"share_found": 0.8}},
        )
