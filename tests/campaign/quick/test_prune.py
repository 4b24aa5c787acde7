from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.campaign.quick.prune import chances, decide, wanted_value
from hitsieve.campaign.quick.spread import Tail


def pool(seed: int, n: int = 4000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True values, and predictions that scatter around them as they say they do."""
    rng = np.random.default_rng(seed)
    mean = rng.normal(size=n) * 0.8
    return mean + rng.normal(size=n) * 0.6, mean, np.full(n, 0.6)


@given(st.floats(-3, 3), st.floats(0.01, 2), st.floats(-3, 3))
def test_chances_rise_with_the_mean(mean: float, std: float, threshold: float) -> None:
    low, high = chances(np.array([mean, mean + 0.5]), np.array([std, std]), threshold)
    assert 0 <= low <= high <= 1


def test_what_is_unknown_is_never_dropped() -> None:
    assert chances(np.array([np.nan]), np.array([1.0]), 5.0).tolist() == [1.0]


@pytest.mark.parametrize("loss", [0.0, 0.005, 0.05])
def test_the_expected_loss_stays_within_what_is_allowed(loss: float) -> None:
    _, mean, std = pool(1)
    found = decide([(mean[:1500], std[:1500]), (mean[1500:], std[1500:])], 2.0, top=40, loss=loss)
    assert found.kept + found.dropped == len(mean)
    assert found.expected_loss <= loss
    kept = chances(mean, std, 2.0) >= found.cut
    assert kept.sum() == found.kept
    assert chances(mean, std, 2.0)[~kept].sum() / 40 == pytest.approx(found.expected_loss)
    assert (found.dropped > 0) == (loss > 0)


def test_pieces_do_not_matter() -> None:
    _, mean, std = pool(2)
    whole = decide([(mean, std)], 2.0, top=40, loss=0.01)
    cut = decide([(mean[:7], std[:7]), (mean[7:], std[7:])], 2.0, top=40, loss=0.01)
    assert (whole.cut, whole.kept) == (cut.cut, cut.kept)


def test_the_real_loss_is_about_the_expected_one_and_half_is_saved() -> None:
    lost, dropped, top = 0, 0, 40
    for seed in range(30):
        truth, mean, std = pool(seed)
        border = np.sort(truth)[-top]
        found = decide([(mean, std)], float(border), top=top, loss=0.01, tail=Tail(20.0))
        gone = chances(mean, std, float(border), Tail(20.0)) < found.cut
        lost += int((truth[gone] >= border).sum())
        dropped += int(gone.sum())
    assert lost <= 2 * 0.01 * top * 30
    assert dropped / (30 * 4000) > 0.5


def test_the_wanted_value_is_the_one_that_so_many_are_expected_to_reach() -> None:
    truth, mean, std = pool(3, 20_000)
    pieces = [(mean[:9000], std[:9000]), (mean[9000:], std[9000:])]
    found = wanted_value(pieces, -5.0, top=200, tail=Tail(1000.0))
    assert chances(mean, std, found, Tail(1000.0)).sum() == pytest.approx(200, rel=0.01)
    assert found == pytest.approx(np.sort(truth)[-200], abs=0.1)


def test_the_wanted_value_is_at_least_the_measured_one() -> None:
    pieces = [(np.array([1.0, 5.0]), np.ones(2)), (np.array([3.0, np.nan]), np.ones(2))]
    assert wanted_value(pieces, 6.0, top=2) == 6.0
    assert wanted_value(pieces, 0.5, top=4) == 0.5
    assert wanted_value([], 0.5, top=1) == 0.5


def test_equal_predictions_have_a_wanted_value() -> None:
    found = wanted_value([(np.zeros(100), np.zeros(100))], -1.0, top=10)
    assert found == pytest.approx(0.0, abs=1e-6)


def test_earlier_losses_are_added_up() -> None:
    _, mean, std = pool(4)
    found = decide([(mean, std)], 2.0, top=40, loss=0.01, lost=0.02)
    assert found.lost == pytest.approx(0.02 + found.expected_loss)
    assert decide([(mean, std)], 2.0, top=40, loss=-0.01, lost=0.02).dropped == 0


def test_a_surrogate_that_is_too_sure_leaves_room_for_surprises() -> None:
    mean = np.arange(4000.0)
    found = decide([(mean, np.full(4000, 5.0))], 3989.5, top=10, loss=0.5)
    assert 50 <= found.kept < 100
    assert decide([(mean[:40], np.ones(40))], 3989.5, top=10, loss=0.5).dropped == 0
