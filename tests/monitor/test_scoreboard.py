from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hitsieve.errors import DatasetError, InputError
from hitsieve.monitor.scoreboard import advise, compared, former_is_better, prospective
from hitsieve.schema import LABELS, SCORES

if TYPE_CHECKING:
    import pyarrow as pa

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _labels(values: dict[str, float], **changes: Any) -> pa.Table:
    n = len(values)
    columns: dict[str, Any] = {
        "compound_id": list(values),
        "smiles": ["C"] * n,
        "target": ["T"] * n,
        "endpoint": ["pKi"] * n,
        "value": list(values.values()),
        "unit": ["pX"] * n,
        "relation": ["="] * n,
        "assay_id": [""] * n,
        "source": [""] * n,
        "measured_at": [NOW + timedelta(days=1)] * n,
        "status": ["ok"] * n,
        "code": ["none"] * n,
        "message": [""] * n,
    }
    return LABELS.build({**columns, **changes})


def _scores(values: dict[str, float], half: float | None = 1.0) -> pa.Table:
    n = len(values)
    scores = np.array(list(values.values()))
    ends = (scores - half, scores + half) if half is not None else ([None] * n, [None] * n)
    return SCORES.build({
        "compound_id": list(values), "score": scores, "std": [0.5] * n, "lower": ends[0],
        "upper": ends[1], "in_domain": [True] * n, "status": ["ok"] * n,
    })  # fmt: skip


def _world(n: int, noise: float, seed: int = 0) -> tuple[dict[str, float], dict[str, float]]:
    rng = np.random.default_rng(seed)
    truth = rng.normal(6, 1, n)
    guess = truth + noise * rng.normal(size=n)
    ids = [f"c{i:03d}" for i in range(n)]
    return dict(zip(ids, truth, strict=True)), dict(zip(ids, guess, strict=True))


def test_predictions_meet_their_measurements_by_identity() -> None:
    labels = _labels({"a": 5.0, "b": 7.0, "x": 9.0})
    found = prospective(labels, _scores({"b": 7.5, "c": 1.0, "a": 3.0}), "T", higher_is_better=True)
    assert (found.measured, found.compared, found.unpredicted) == (3, 2, 1)
    assert found.rmse.value == pytest.approx(math.sqrt((4 + 0.25) / 2))
    assert found.mae == pytest.approx(1.25)
    assert found.coverage == 0.5
    assert found.width == pytest.approx(2.0)
    assert math.isnan(found.enrichment)
    json.dumps(found.to_dict())


def test_only_what_was_measured_afterwards_counts() -> None:
    times = [NOW - timedelta(days=1), NOW + timedelta(days=1), None, NOW + timedelta(days=2)]
    labels = _labels({"a": 1.0, "b": 2.0, "c": 3.0, "d": 4.0}, measured_at=times)
    scores = _scores({"a": 0.0, "b": 2.0, "c": 0.0, "d": 4.0})
    found = prospective(labels, scores, "T", higher_is_better=True, predicted_at=NOW)
    assert (found.measured, found.rmse.value) == (2, 0.0)
    with pytest.raises(InputError, match="no time zone"):
        prospective(
            labels, scores, "T", higher_is_better=True,
            predicted_at=datetime(2026, 1, 1),  # noqa: DTZ001 - the mistake under test
        )  # fmt: skip


def test_bounds_are_counted_but_not_judged() -> None:
    labels = _labels({"a": 5.0, "b": 4.0}, relation=["=", "<"])
    found = prospective(labels, _scores({"a": 5.0, "b": 9.0}), "T", higher_is_better=True)
    assert (found.compared, found.censored, found.rmse.value) == (1, 1, 0.0)


def test_enrichment_follows_the_direction() -> None:
    truth = {f"c{i:03d}": float(i) for i in range(100)}
    found = prospective(_labels(truth), _scores(truth), "T", higher_is_better=False, active_at=9.0)
    assert found.enrichment == pytest.approx(10.0)


def test_scores_without_intervals_have_no_coverage() -> None:
    found = prospective(
        _labels({"a": 5.0}), _scores({"a": 5.0}, half=None), "T", higher_is_better=True
    )
    assert math.isnan(found.coverage)


def test_nothing_to_compare_is_refused() -> None:
    with pytest.raises(DatasetError, match="no compound was both"):
        prospective(_labels({"a": 5.0}), _scores({"b": 5.0}), "T", higher_is_better=True)


@pytest.mark.parametrize(
    ("n", "noise", "advice"), [(10, 0.5, "wait"), (200, 0.5, "keep"), (200, 1.0, "retrain")]
)
def test_advice(n: int, noise: float, advice: str) -> None:
    truth, guess = _world(n, noise)
    found = prospective(_labels(truth), _scores(guess), "T", higher_is_better=True)
    assert advise(found, expected_rmse=0.55, level=0.9)[0] == advice


def test_intervals_that_break_their_promise_ask_for_training() -> None:
    truth, guess = _world(200, 0.5)
    found = prospective(_labels(truth), _scores(guess, half=0.3), "T", higher_is_better=True)
    advice, why = advise(found, expected_rmse=0.6, level=0.9)
    assert advice == "retrain"
    assert "90% were promised" in why


def test_a_former_model_that_is_clearly_better_is_rolled_back_to() -> None:
    truth, guess = (np.array(list(world.values())) for world in _world(60, 1.0))
    found = prospective(
        _labels(_world(60, 1.0)[0]), _scores(_world(60, 1.0)[1], half=3.0), "T",
        higher_is_better=True,
    )  # fmt: skip
    good = truth + 0.2 * np.random.default_rng(9).normal(size=60)
    better, text = former_is_better(truth, guess, good)
    assert better
    assert "60 compounds" in text
    said = advise(found, expected_rmse=0.5, level=0.9, former=(better, text))
    assert said == ("roll back", text)
    assert not former_is_better(truth, guess, guess)[0]
    assert not former_is_better(truth[:10], guess[:10], good[:10])[0]  # too few to say


def test_compared_compounds_keep_structure_and_time() -> None:
    truth, guess = _world(30, 0.1)
    rows = compared(_labels(truth), _scores(guess), "T")
    assert rows.num_rows == 30
    assert {"value", "smiles", "measured_at", "score", "lower"} <= set(rows.column_names)
