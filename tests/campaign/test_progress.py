from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from hitsieve.campaign import CampaignConfig, CampaignSummary, run_campaign
from hitsieve.campaign.config import BudgetConfig
from hitsieve.campaign.estimate import Estimate
from hitsieve.campaign.found import read_estimate
from hitsieve.campaign.picks import CONTROL, Pick
from hitsieve.campaign.progress import ending, learned_values, money_spent
from hitsieve.campaign.quick.config import QuickConfig
from hitsieve.campaign.quick.surrogate import QuickSurrogate
from hitsieve.campaign.state import Round
from hitsieve.campaign.stopping import StoppingConfig, rounds_without_progress
from hitsieve.config import parse_config
from hitsieve.engine import SerialExecutor
from hitsieve.errors import ConfigError
from hitsieve.scoring.trees import ForestConfig
from hitsieve.testing.oracle_kit import FakeOracle


def a_round(
    number: int,
    lengths: list[int],
    cost: float | None = None,
    controls: int = 0,
    short: float | None = None,
) -> Round:
    smiles = [("C" * n) for n in lengths]
    labels = FakeOracle().measure([(f"{number}-{i}", text) for i, text in enumerate(smiles)])
    reasons = [CONTROL if i < controls else "greedy" for i in range(len(lengths))]
    picks = tuple(Pick(f"{number}-{i}", why, cost=cost) for i, why in enumerate(reasons))
    return Round(number, "m", picks, labels, short=short)


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


@pytest.mark.parametrize("left", [[5], []])
def test_a_round_short_of_money_ends_it_until_there_is_more(left: list[int]) -> None:
    """It has taken all that could be paid."""
    short = [a_round(0, [3, 4], 5.0), a_round(1, left, 5.0, short=17.0)]
    assert why(short, budget=BudgetConfig(money=17, measuring=5)) == "budget"
    assert why(short, budget=BudgetConfig(money=30, measuring=5)) is None
    assert why(short) is None


def test_what_is_left_of_the_money_is_said() -> None:
    config = CampaignConfig(
        library=Path("l"), folder=Path("f"), budget=BudgetConfig(money=22, measuring=5)
    )

    def words(done: list[Round]) -> str:
        found = ending(config, done, pool=100, higher_is_better=True, stopped=None, estimate=None)
        assert found is not None
        return found.words

    first = a_round(0, [3, 4], 5.0)
    assert words([first, a_round(1, [5, 6], 5.0, short=22.0)]) == (
        "20.00 of 22.00 is spent, 2.00 pay for nothing more"
    )
    assert words([first, a_round(1, [5, 6], 6.0, short=22.0)]) == "22.00 of 22.00 is spent"


def test_a_larger_batch_does_not_end_it() -> None:
    rounds = [a_round(0, [3, 4], 5.0), a_round(1, [5, 6], 5.0)]
    assert why(rounds, batch=50, budget=BudgetConfig(money=100, measuring=5)) is None


def test_a_round_without_picks_for_another_reason_is_the_last() -> None:
    assert why([a_round(0, [3, 4]), a_round(1, [])]) == "pool_exhausted"


def test_the_audit_is_no_progress() -> None:
    one = a_round(1, [9, 2], controls=1)
    assert learned_values(one, higher_is_better=True).tolist() == [2.0]


def test_a_bound_on_the_poorer_side_is_no_progress() -> None:
    one = a_round(1, [9, 2])
    place = one.labels.column_names.index("relation")
    told = pa.array(["<", "="], one.labels.schema.field("relation").type)
    one = replace(one, labels=one.labels.set_column(place, "relation", told))
    assert str(learned_values(one, higher_is_better=True).tolist()) == "[nan, 2.0]"
    assert learned_values(one, higher_is_better=False).tolist() == [9.0, 2.0]


def test_finding_enough_needs_an_audit() -> None:
    with pytest.raises(ConfigError, match="judged from `controls`"):
        parse_config(
            CampaignConfig,
            {"library": "l", "folder": "f", "stop": {"share_found": 0.8}},
        )


TOP = 0.1


def replay(library: Path, folder: Path, **changes: Any) -> CampaignSummary:
    """Run a whole campaign whose loop asks each round whether to stop."""
    values: dict[str, Any] = {"initial": 20, "batch": 4, "rounds": 9, "seed": 3}
    config = CampaignConfig(library=library, folder=folder, **{**values, **changes})
    quick = QuickConfig(kinds=("forest",), folds=3, forest=ForestConfig(trees=12))
    oracle = FakeOracle()
    with SerialExecutor() as executor:
        return run_campaign(config, oracle, QuickSurrogate(oracle.target, config=quick), executor)


def test_it_ends_when_rounds_bring_nothing_new(library: Path, tmp_path: Path) -> None:
    stop = StoppingConfig(patience=2, top_fraction=TOP)
    summary = replay(library, tmp_path, stop=stop)
    assert summary.ending.why == "no_progress"
    assert len(summary.rounds) < 10
    values = [learned_values(one, higher_is_better=True) for one in summary.rounds]
    waited = [
        rounds_without_progress(values[:n], top=6, higher_is_better=True)
        for n in range(1, len(values) + 1)
    ]
    assert waited[-1] == 2
    assert max(waited[:-1]) < 2
    found = np.sort(np.concatenate(values))[::-1][:6]
    assert found.tolist() == [32.0, 32.0, 31.0, 31.0, 30.0, 30.0]


def test_it_ends_where_the_estimate_s_lower_end_reaches_what_was_asked(
    library: Path, tmp_path: Path
) -> None:
    stop = StoppingConfig(share_found=0.5, top_fraction=TOP)
    summary = replay(library, tmp_path, stop=stop, controls=0.4)
    assert summary.ending.why == "share_found"
    assert "at least 50 % was asked for" in summary.ending.words
    last = len(summary.rounds) - 1
    assert 0 < last < 9
    paths = [
        tmp_path / "rounds" / f"round-{number:03d}.estimate.json" for number in (last, last - 1)
    ]
    (now, before) = (read_estimate(path) for path in paths)
    assert now is not None
    assert now.low >= 0.5
    assert last == 1 or (before is not None and before.low < 0.5)


@pytest.mark.parametrize("stop", [StoppingConfig(), StoppingConfig(patience=9)])
def test_without_a_reason_it_runs_to_its_last_round(
    library: Path, tmp_path: Path, stop: StoppingConfig
) -> None:
    summary = replay(library, tmp_path, stop=stop, rounds=4)
    assert summary.ending.why == "rounds"
    assert len(summary.rounds) == 5
