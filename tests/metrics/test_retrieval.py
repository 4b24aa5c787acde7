from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hitsieve.errors import InputError
from hitsieve.metrics.retrieval import Cut, choose_cut, least_tops, spared

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    World = Callable[[np.random.Generator, int], tuple[NDArray[np.float64], NDArray[np.float64]]]

LIBRARY, REPEATS = 20_000, 60


def even(rng: np.random.Generator, n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A cheap score that errs alike everywhere."""
    costly = rng.normal(size=n)
    return costly + 0.15 * rng.normal(size=n), costly


def worse_on_top(
    rng: np.random.Generator, n: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A cheap score that errs most where it matters."""
    costly = rng.normal(size=n)
    return costly + (0.05 + 0.25 * (costly > 1.5)) * rng.normal(size=n), costly


def heavy_tails(
    rng: np.random.Generator, n: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A cheap score that is nearly right, or far off."""
    costly = rng.normal(size=n)
    return costly + 0.05 * rng.standard_t(2, size=n), costly


def coarse(rng: np.random.Generator, n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores with many ties."""
    costly = rng.normal(size=n)
    return np.round((costly + 0.2 * rng.normal(size=n)) * 8) / 8, np.round(costly * 8) / 8


@pytest.mark.parametrize("world", [even, worse_on_top, heavy_tails, coarse])
@pytest.mark.parametrize(("share", "sample"), [(0.01, 1500), (0.05, 3000)])
def test_the_promise_and_the_interval_hold(world: World, share: float, sample: int) -> None:
    rng = np.random.default_rng(1)
    kept, held = 0, 0
    for _ in range(REPEATS):
        cheap, costly = world(rng, LIBRARY)
        cut = choose_cut(cheap[:sample], costly[:sample], share=share, recall=0.9, confidence=0.9)
        top = np.argsort(-costly, kind="stable")[: round(share * LIBRARY)]
        assert cut.value is not None
        found = float(np.mean(cheap[top] >= cut.value))
        kept += found >= 0.9
        held += cut.low <= found <= cut.high
    # fewer would be seen once in a thousand times, if they held just so often as promised
    assert kept >= stats.binom.ppf(0.001, REPEATS, 0.9)
    assert held >= stats.binom.ppf(0.001, REPEATS, 0.95)


def test_a_larger_sample_spares_more() -> None:
    rng = np.random.default_rng(2)
    cheap, costly = even(rng, 400_000)
    shares = [
        choose_cut(cheap[:n], costly[:n], share=0.01, recall=0.95, confidence=0.95).share
        for n in (5_000, 40_000, 400_000)
    ]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < 0.02


def test_spared_is_the_largest_rank_that_suffices() -> None:
    for tops in (59, 75, 200, 1000):
        rank = spared(tops, 0.95, 0.95)
        assert stats.beta(tops - rank + 1, rank).sf(0.95) >= 0.95
        assert stats.beta(tops - rank, rank + 1).sf(0.95) < 0.95


@given(st.floats(0.5, 0.99), st.floats(0.5, 0.99))
@settings(max_examples=50)
def test_one_top_less_spares_nothing(recall: float, confidence: float) -> None:
    least = least_tops(recall, confidence)
    assert spared(least, recall, confidence) >= 1
    assert spared(least - 1, recall, confidence) == 0


def test_without_enough_to_judge_everything_is_needed() -> None:
    scores = np.arange(60.0)
    cut = choose_cut(scores, scores, share=0.01, recall=0.95, confidence=0.95)
    assert cut == Cut(None, 1.0, 1.0, 1.0, 1.0, 60, 60)


def test_missing_scores() -> None:
    rng = np.random.default_rng(3)
    costly = rng.normal(size=5000)
    cheap, failed = costly.copy(), rng.random(5000) < 0.3
    cheap[failed] = np.nan  # must be rescored, whatever they are
    settings_ = {"share": 0.05, "recall": 0.9, "confidence": 0.9}
    cut = choose_cut(cheap, costly, **settings_)
    assert cut.value is not None
    assert cut.share == pytest.approx(np.mean(failed | (costly >= cut.value)))
    costly[costly > np.quantile(costly, 0.9)] = np.nan  # failed: not on top
    lower = choose_cut(cheap, costly, **settings_)
    assert lower.value is not None
    assert lower.value < cut.value
    nothing = choose_cut(np.full(5000, np.nan), costly, **settings_)
    assert nothing.value is None


def test_wrong_numbers_are_refused() -> None:
    scores = np.arange(100.0)
    with pytest.raises(InputError, match=r"recall = 1\.0"):
        choose_cut(scores, scores, share=0.1, recall=1.0, confidence=0.9)
    with pytest.raises(InputError, match="share = 0"):
        choose_cut(scores, scores, share=0.0, recall=0.9, confidence=0.9)
    with pytest.raises(InputError):
        choose_cut(scores, scores[:9], share=0.1, recall=0.9, confidence=0.9)
