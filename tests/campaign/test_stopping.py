from __future__ import annotations

import pytest

from hitsieve.campaign.estimate import Estimate
from hitsieve.campaign.stopping import (
    Standing,
    StoppingConfig,
    decide,
    rounds_without_progress,
)


def _why(config: StoppingConfig, standing: Standing) -> str | None:
    stop = decide(config, standing, higher_is_better=True)
    return None if stop is None else stop.reason


ROUNDS = ([1.0, 5.0], [6.0], [2.0], [3.0])
GOES_ON = Standing(rounds=ROUNDS, pool=2000, left=100)


def test_goes_on_without_a_reason() -> None:
    assert _why(StoppingConfig(), GOES_ON) is None


@pytest.mark.parametrize(("low", "expected"), [(0.79, None), (0.8, "share_found")])
def test_stops_on_the_lower_end_of_the_interval(low: float, expected: str | None) -> None:
    config = StoppingConfig(share_found=0.8)
    standing = Standing(ROUNDS, 2000, 100, estimate=Estimate(low, 0.95, 1.0, "model"))
    assert _why(config, standing) == expected


def test_says_what_was_found() -> None:
    standing = Standing(ROUNDS, 2000, 100, estimate=Estimate(0.81, 0.9, 0.95, "model"))
    stop = decide(StoppingConfig(share_found=0.8), standing, higher_is_better=True)
    assert stop is not None
    assert "holds 90 % (81-95) of the true top 0.1 %" in stop.sentence


def test_the_best_are_a_share_or_a_number() -> None:
    share, number = StoppingConfig(top_fraction=0.01), StoppingConfig(top=50)
    assert (share.wanted(2000), number.wanted(2000)) == (20, 50)
    assert (share.fraction(2000), number.fraction(2000)) == (0.01, 0.025)
    assert (share.words, number.words) == ("top 1 %", "top 50")
    # With more wanted than a pool holds, all that is measured counts as progress.
    assert number.fraction(40) == 0.5


@pytest.mark.parametrize(("spent", "expected"), [(97.0, None), (98.5, "budget")])
def test_stops_when_the_next_measurement_cannot_be_paid(spent: float, expected: str | None) -> None:
    standing = Standing(ROUNDS, 2000, 100, spent=spent, budget=100.0, next_cost=2.0)
    assert _why(StoppingConfig(), standing) == expected


@pytest.mark.parametrize(("patience", "expected"), [(2, "no_progress"), (3, None)])
def test_stops_without_progress(patience: int, expected: str | None) -> None:
    assert _why(StoppingConfig(patience=patience), GOES_ON) == expected


def test_first_rounds_are_given_time() -> None:
    config = StoppingConfig(patience=1, min_rounds=4)
    assert _why(config, GOES_ON) is None


def test_what_cannot_go_on_stops_at_once() -> None:
    assert _why(StoppingConfig(min_rounds=9), Standing(ROUNDS, 2000, 0)) == "pool_exhausted"


def test_by_hand_comes_first() -> None:
    stop = decide(
        StoppingConfig(), Standing(ROUNDS, 2000, 0, by_hand="enough"), higher_is_better=True
    )
    assert stop is not None
    assert stop.sentence == "stopped by hand: enough"


@pytest.mark.parametrize(
    ("rounds", "higher", "expected"),
    [
        ([[1.0, 5.0], [6.0], [2.0]], True, 1),
        ([[1.0, 5.0], [6.0], [7.0]], False, 2),
        ([[1.0], [float("nan")]], True, 1),
        ([[5.0, 5.0], [5.0]], True, 1),
        ([[5.0, 5.0], [5.0], [6.0]], True, 0),
    ],
)
def test_progress_is_something_new_among_the_best(
    rounds: list[list[float]], expected: int, *, higher: bool
) -> None:
    assert rounds_without_progress(rounds, top=2, higher_is_better=higher) == expected
