from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from hitsieve.screen.forecast import Sample, plain, threshold
from hitsieve.screen.sources import Target

POTENCY = Target("BACE1", "pIC50", "pX", "higher")


def table(score: np.ndarray, half: float = 0.5) -> pa.Table:
    columns = {"score": score, "std": np.ones_like(score)}
    columns |= {"lower": score - half, "upper": score + half}
    return pa.table({k: pa.array(v, pa.float32(), mask=np.isnan(v)) for k, v in columns.items()})


def library(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(4.5, 1.0, n)


def test_a_sample_foretells_the_whole() -> None:
    part, whole = Sample(POTENCY, 6.0), Sample(POTENCY, 6.0)
    scores = library(100_000, 1)
    part.add(table(scores[:20_000], 0.05))
    whole.add(table(scores, 0.05))
    early = part.enrichment(1_000, 100_000)
    late = whole.enrichment(1_000, 100_000)
    assert early is not None
    assert late is not None
    assert (early.rests_on, late.rests_on) == (200, 1_000)
    assert early.factor == pytest.approx(late.factor, rel=0.1)
    # With sure scores the actives are those above the threshold, and all picked ones are.
    assert late.base_rate == pytest.approx((scores >= 6.0).mean(), rel=0.1)
    assert late.hit_rate > 0.95


def test_wide_intervals_promise_less() -> None:
    sure, unsure = Sample(POTENCY, 6.0), Sample(POTENCY, 6.0)
    scores = library(5_000, 2)
    sure.add(table(scores, 0.2))
    unsure.add(table(scores, 4.0))
    first, second = (s.enrichment(50, 5_000) for s in (sure, unsure))
    assert first is not None
    assert second is not None
    assert first.factor is not None
    assert second.factor is not None
    assert first.factor > 2 * second.factor


def test_lower_may_be_better() -> None:
    down = Sample(Target("shape", "distance", "Å", "lower"), 1.0)
    down.add(table(np.array([0.1, 5.0, 9.0, 7.0]), 0.01))
    found = down.enrichment(1, 4)
    assert found is not None
    assert (found.hit_rate, found.base_rate) == pytest.approx((1.0, 0.25))
    assert plain(found) == {
        "picked": 1, "of": 4, "active_at": 1.0, "hit_rate": 1.0, "base_rate": 0.25,
        "factor": 4.0, "rests_on": 1,
    }  # fmt: skip


def test_probabilities_are_taken_as_they_are_and_failures_are_inactive() -> None:
    sample = Sample(Target("NR-AR", "active", "class", "higher"), None)
    sample.add(table(np.array([0.9, 0.1, np.nan, 0.2])))
    found = sample.enrichment(1, 4)
    assert found is not None
    assert (found.hit_rate, found.base_rate) == pytest.approx((0.9, 0.3))


def test_nothing_is_foretold_from_nothing() -> None:
    assert Sample(POTENCY, 6.0).enrichment(10, 100) is None
    assert plain(None) is None
    sample = Sample(POTENCY, 6.0)
    sample.add(table(np.array([np.nan, np.nan])))
    found = sample.enrichment(1, 2)
    assert found is not None
    assert found.factor is None


def test_a_given_value_wins() -> None:
    assert threshold(POTENCY, {"BACE1": 7.5}) == (True, 7.5)
    assert threshold(Target("NR-AR", "active", "class", "higher"), {}) == (True, None)
