from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hitsieve.campaign import CampaignConfig
from hitsieve.campaign.estimate import Estimate
from hitsieve.campaign.found import (
    estimate_found,
    forecast_of_pool,
    keep_estimate,
    read_estimate,
)
from hitsieve.campaign.picks import CONTROL, Pick
from hitsieve.campaign.state import Round
from hitsieve.errors import ChecksumError
from hitsieve.schema import SCORES
from hitsieve.testing.oracle_kit import FakeOracle

if TYPE_CHECKING:
    import pyarrow as pa

CONFIG = CampaignConfig(library=Path("l"), folder=Path("f"), controls=0.5)


def a_round(number: int, audit: list[int], chosen: list[int]) -> Round:
    """Compound n is called ``c<n>`` and has the value n + 1."""
    picks = [Pick(f"c{n}", CONTROL) for n in audit]
    picks += [Pick(f"c{n}", "greedy", 1.0, float(n), 0.5) for n in chosen]
    pairs = [(pick.compound_id, "C" * (int(pick.compound_id[1:]) + 1)) for pick in picks]
    names = tuple(f"c{n}" for n in audit)
    return Round(number, "m" if number else "", tuple(picks), FakeOracle().measure(pairs), names)


def scores(pool: int) -> list[pa.Table]:
    values = [float(n) for n in range(pool)]
    columns = dict.fromkeys(("score", "lower", "upper"), values)
    table = SCORES.build(
        {
            "compound_id": [f"c{n}" for n in range(pool)],
            "std": [0.5] * pool,
            "in_domain": [True] * pool,
            "status": ["ok"] * pool,
            **columns,
        }
    )
    return [table.slice(0, 30), table.slice(30)]


def estimate(rounds: list[Round], pool: int = 100, *, foretold: bool = False) -> Estimate | None:
    return estimate_found(
        CONFIG.model_copy(update={"stop": CONFIG.stop.model_copy(update={"top_fraction": 0.1})}),
        rounds,
        forecast_of_pool(rounds, scores(pool), pool) if foretold else None,
        pool=pool,
        higher_is_better=True,
    )


def test_without_an_audit_nothing_is_said() -> None:
    assert estimate([a_round(0, [], [1, 2, 3])]) is None


def test_an_audit_alone_bounds_what_was_found() -> None:
    found = estimate([a_round(0, list(range(0, 100, 4)), [99, 98, 97])])
    assert found is not None
    assert found.method == "design"
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_foretelling_narrows_the_interval() -> None:
    audit = list(range(0, 100, 3))
    chosen = [n for n in range(85, 100) if n not in audit]
    rounds = [a_round(0, audit, [1, 2]), a_round(1, [], chosen)]
    alone, helped = estimate(rounds), estimate(rounds, foretold=True)
    assert alone is not None
    assert helped is not None
    assert helped.value > 0.9  # everything from c85 on is measured
    assert helped.high - helped.low <= alone.high - alone.low


def test_estimates_are_kept_and_damage_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "round-000.estimate.json"
    assert read_estimate(path) is None
    told = Estimate(0.1, 0.2, 0.3, "design")
    keep_estimate(path, told)
    assert read_estimate(path) == told
    path.write_text("{}")
    with pytest.raises(ChecksumError, match="damaged"):
        read_estimate(path)
