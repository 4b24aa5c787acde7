from __future__ import annotations

import numpy as np
import pytest

from hitsieve.campaign.quick.said import Said, skill_of, stretched

RNG = np.random.default_rng(2)
Y = RNG.normal(size=400)


def test_a_perfect_ranking_has_full_skill_in_either_direction() -> None:
    for higher, mean in ((True, 2 * Y), (False, Y - 5)):
        found = skill_of(Said(mean, np.ones(400)), Y, higher_is_better=higher)
        assert found.spearman == pytest.approx(1)
        assert found.recall == pytest.approx(1)
        assert found.score == pytest.approx(1)


def test_a_constant_has_none() -> None:
    found = skill_of(Said(np.zeros(400), np.ones(400)), Y, higher_is_better=True)
    assert found.spearman == 0
    assert found.recall == pytest.approx(0.1)


def test_spreads_are_stretched_to_the_errors() -> None:
    said = Said(Y + RNG.normal(size=400) * 0.5, np.full(400, 0.1))
    found = skill_of(said, Y, higher_is_better=True)
    wide = stretched(said, found)
    assert wide.std == pytest.approx(np.full(400, 0.5), rel=0.15)
    assert wide.mean is said.mean


def test_one_without_a_spread_gets_its_error() -> None:
    said = Said(Y + 0.3, np.zeros(400))
    found = skill_of(said, Y, higher_is_better=True)
    assert stretched(said, found).std == pytest.approx(np.full(400, 0.3))


def test_spreads_follow_the_errors_of_like_predictions() -> None:
    scatter = np.where(Y > 0, 0.8, 0.2)
    said = Said(Y + RNG.normal(size=400) * scatter, np.full(400, 0.4))
    wide = stretched(said, skill_of(said, Y, higher_is_better=True)).std
    assert wide[Y > 1].mean() > 1.3 * wide[Y < -1].mean()


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_tail_is_that_towards_the_wanted_end(sign: float) -> None:
    error = np.abs(RNG.normal(size=400)) * np.where(RNG.random(400) < 0.5, 3, -1)
    found = skill_of(Said(sign * Y, np.ones(400)), sign * (Y + error), higher_is_better=sign > 0)
    assert found.tail.width > 1.2
