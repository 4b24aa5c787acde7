from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hitsieve.schema import SCORES
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.load import load_scorer
from hitsieve.scoring.protocol import Prediction
from hitsieve.scoring.table import SCHEMA, score_table
from hitsieve.testing.scorer_kit import SAMPLE_SMILES, sample_batch

if TYPE_CHECKING:
    from pathlib import Path

BATCH = sample_batch(SAMPLE_SMILES[:6])
IDS = ["d", "b", "a", "c", "f", "e"]


class _Fixed:
    """Predicts given values; intervals are one unit to either side."""

    def __init__(self, mean: list[list[float]], std: float = 0.25) -> None:
        self.mean = np.array(mean, dtype=np.float32)
        self.std = np.full_like(self.mean, std)
        self.config = SimpleNamespace(
            targets=[
                SimpleNamespace(name="up", direction="higher"),
                SimpleNamespace(name="down", direction="lower"),
            ]
        )

    def score(self, batch: CompoundBatch) -> Prediction:
        return Prediction(self.mean[: len(batch)], self.std[: len(batch)])

    def bounds(self, prediction: Prediction) -> tuple[np.ndarray, np.ndarray]:
        return prediction.mean - 1, prediction.mean + 1

    def in_domain(self, batch: CompoundBatch) -> np.ndarray:
        return np.arange(len(batch)) % 2 == 0


def _batch(n: int = 6) -> CompoundBatch:
    return CompoundBatch.from_smiles(SAMPLE_SMILES[:n], IDS[:n])


def _tables(values: list[float]) -> dict[str, list[dict[str, object]]]:
    scorer = _Fixed([[v, v] for v in values])
    tables = score_table(scorer, _batch(len(values)))
    for table in tables.values():
        assert table.schema.equals(SCHEMA)
        assert table.cast(SCORES.schema).schema.equals(SCORES.schema)
        table.validate(full=True)
    return {name: table.to_pylist() for name, table in tables.items()}


def test_best_first_in_either_direction_and_ties_by_id() -> None:
    found = _tables([1.0, 3.0, 3.0, 2.0, 3.0, 1.0])
    assert [r["compound_id"] for r in found["up"]] == ["a", "b", "f", "c", "d", "e"]
    assert [r["compound_id"] for r in found["down"]] == ["d", "e", "c", "a", "b", "f"]


def test_rows_keep_their_own_values() -> None:
    row = next(
        r for r in _tables([1.0, 3.0, 2.0, 5.0, 4.0, 6.0])["down"] if r["compound_id"] == "c"
    )
    assert row == {
        "compound_id": "c",
        "score": 5.0,
        "std": 0.25,
        "lower": 4.0,
        "upper": 6.0,
        "in_domain": False,
        "status": "ok",
    }


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_a_prediction_that_is_no_number_is_a_failed_row_at_the_end(bad: float) -> None:
    for rows in _tables([1.0, bad, 2.0, 0.5, bad, 3.0]).values():
        assert [r["status"] for r in rows] == ["ok"] * 4 + ["failed"] * 2
        assert [r["compound_id"] for r in rows[4:]] == ["b", "f"]
        for row in rows[4:]:
            assert [row[name] for name in ("score", "std", "lower", "upper")] == [None] * 4
        assert all(r["score"] is not None for r in rows[:4])


def test_zeros_of_either_sign_tie() -> None:
    found = _tables([0.0, -0.0, 0.0, -0.0, 0.0, -0.0])
    assert [r["compound_id"] for r in found["up"]] == sorted(IDS)
    assert all(str(r["score"]) == "0.0" for r in found["up"])


def test_bounds_that_are_missing_are_null_in_a_sound_row() -> None:
    class Unbounded(_Fixed):
        def bounds(self, prediction: Prediction) -> tuple[np.ndarray, np.ndarray]:
            nothing = np.full_like(prediction.mean, np.nan)
            return nothing, nothing

    rows = score_table(Unbounded([[1.0, 2.0]]), _batch(1))["up"].to_pylist()
    assert (rows[0]["lower"], rows[0]["upper"], rows[0]["status"]) == (None, None, "ok")


def test_no_compounds_give_empty_tables() -> None:
    tables = score_table(_Fixed([[1.0, 2.0]]), BATCH.take(np.arange(0)))
    assert [t.num_rows for t in tables.values()] == [0, 0]


@given(st.lists(st.sampled_from([0.0, 1.0, 2.5, float("nan")]), min_size=1, max_size=6))
@settings(deadline=None)
def test_every_compound_is_a_row_and_the_order_is_that_of_a_plain_sort(values: list[float]) -> None:
    for name, sign in (("up", -1), ("down", 1)):
        rows = _tables(values)[name]
        expected = sorted(
            zip(values, IDS, strict=False),
            key=lambda pair: (np.isnan(pair[0]), sign * np.nan_to_num(pair[0]), pair[1]),
        )
        assert [r["compound_id"] for r in rows] == [identity for _, identity in expected]


def test_a_real_bundle(bundle_folder: Path) -> None:
    scorer = load_scorer(bundle_folder)
    tables = score_table(scorer, sample_batch())
    assert list(tables) == ["bace", "herg"]
    prediction = scorer.score(sample_batch())
    by_id = {row["compound_id"]: row for row in tables["bace"].to_pylist()}
    assert [by_id[str(i)]["score"] for i in range(len(SAMPLE_SMILES))] == prediction.mean[
        :, 0
    ].tolist()
    assert all(r["lower"] < r["score"] < r["upper"] for r in by_id.values())
    assert {r["in_domain"] for r in by_id.values()} == {True, False}
