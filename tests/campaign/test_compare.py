from __future__ import annotations

import math

import numpy as np
import pytest

from hitsieve.campaign.compare import compare
from hitsieve.errors import InputError


def test_numbers_by_hand() -> None:
    random = np.arange(100.0)
    picked = np.array([99.0, 98.0, 97.0, 10.0])
    found = compare(picked, random, seed=1, quantile=0.9)
    assert found.threshold == pytest.approx(89.1)
    assert (found.picked_hits, found.random_hits) == (3, 10)
    assert found.enrichment.value == pytest.approx(0.75 / 0.10)
    assert found.difference.value == pytest.approx(76.0 - 49.5)
    assert found.share_better == pytest.approx((99.5 + 98.5 + 97.5 + 10.5) / 400)
    assert found.enrichment.low <= found.enrichment.value <= found.enrichment.high
    assert "3 of 4 picks" in found.sentence()


def test_the_other_direction_is_a_mirror() -> None:
    rng = np.random.default_rng(2)
    random, picked = rng.normal(0, 1, 200), rng.normal(1, 1, 50)
    up = compare(picked, random, seed=3)
    down = compare(-picked, -random, seed=3, higher_is_better=False)
    assert down.threshold == pytest.approx(-up.threshold)
    assert down.enrichment == up.enrichment
    assert down.share_better == up.share_better
    assert down.difference.value == pytest.approx(-up.difference.value)


def test_failed_picks_are_no_hits() -> None:
    found = compare([9.0, math.nan], np.arange(10.0), seed=1, quantile=0.9)
    assert (found.picked, found.picked_failed, found.picked_hits) == (2, 1, 1)
    assert found.picked_mean == 9.0
    assert found.enrichment.value == pytest.approx(0.5 / 0.1)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(11)
    # Picks drawn like the random sample: the true enrichment is 1, the true difference 0.
    covered = []
    for trial in range(60):
        found = compare(
            rng.normal(size=100), rng.normal(size=300), seed=trial, quantile=0.9, resamples=200
        )
        covered.append(
            (
                found.enrichment.low <= 1 <= found.enrichment.high,
                found.difference.low <= 0 <= found.difference.high,
            )
        )
    share = np.mean(covered, axis=0)
    assert (share > 0.85).all()


def test_groups_without_values_are_refused() -> None:
    with pytest.raises(InputError, match="no measured value"):
        compare([math.nan], [1.0], seed=1)
    with pytest.raises(InputError, match="outside"):
        compare([1.0], [1.0], seed=1, quantile=1.0)
