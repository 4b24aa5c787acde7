from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
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


def with_relations(one: Round, relations: dict[str, str]) -> Round:
    """The same round with bounds where exact values were."""
    names = one.labels["compound_id"].to_pylist()
    told = [relations.get(name, "=") for name in names]
    place = one.labels.column_names.index("relation")
    field = one.labels.schema.field("relation")
    return replace(one, labels=one.labels.set_column(place, field, pa.array(told, field.type)))


def test_a_bound_on_the_poorer_side_is_never_among_the_best() -> None:
    audit = list(range(0, 100, 3))
    chosen = [n for n in range(85, 100) if n not in audit]
    rounds = [a_round(0, audit, [1, 2]), a_round(1, [], chosen)]
    whole = estimate(rounds, foretold=True)
    bounds = {f"c{n}": "<" for n in chosen}
    told = estimate([rounds[0], with_relations(rounds[1], bounds)], foretold=True)
    assert whole is not None
    assert told is not None
    # Of what may be best, c75 to c84 were not measured but for every third of them.
    assert whole.value > 0.9
    assert told.value < 0.8
    lower = {f"c{n}": ">" for n in chosen}
    assert estimate([rounds[0], with_relations(rounds[1], lower)], foretold=True) is not None


def test_bounds_say_nothing_of_how_values_relate_to_predictions() -> None:
    rounds = [a_round(0, list(range(0, 100, 3)), []), a_round(1, [], [97, 98])]
    plain = forecast_of_pool(rounds, scores(100), 100)
    bounds = {"c0": "<", "c97": ">"}
    told = forecast_of_pool([with_relations(one, bounds) for one in rounds], scores(100), 100)
    assert np.isnan(told.audit[0])  # type: ignore[index]
    assert not np.isnan(plain.audit[0])  # type: ignore[index]
    assert np.asarray(told.batch_values).tolist() == [99.0]
    assert len(np.asarray(told.rest)) == len(np.asarray(plain.rest))
