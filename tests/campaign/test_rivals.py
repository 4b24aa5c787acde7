from __future__ import annotations

import numpy as np
import pytest

from hitsieve.campaign.rivals import Rest, draw_shares, expected_share
from hitsieve.campaign.tail import fit_outcomes

KNOWN = np.sort(np.random.default_rng(1).standard_normal(300))[::-1]


def _draw(rest: Rest, top: int = 50) -> np.ndarray | None:
    rng = np.random.default_rng(0)
    predicted = rng.standard_normal(400)
    values = predicted + 0.3 * rng.standard_normal(400)
    outcomes = fit_outcomes(predicted, values, predicted, values, draws=200, seed=1)
    return draw_shares(outcomes, KNOWN, top, rest, np.random.default_rng(2))


def test_value_on_a_grid_ties_in_expectation() -> None:
    assert expected_share(np.array([3.0, 2.0]), np.array([2.0, 2.0, 1.0]), 2) == pytest.approx(
        2 / 3
    )


def test_fewer_than_the_best_are_counted_against_all_of_them() -> None:
    assert expected_share(np.array([3.0]), np.array([2.0]), 4) == 0.25


def test_good_rivals_lower_the_share() -> None:
    edges = np.array([-9.0, -8.0, 1.5, 2.5])
    poor, good = (_draw(Rest(np.array(counts), edges)) for counts in ([900, 0, 0], [900, 0, 60]))
    assert poor is not None
    assert good is not None
    assert poor.mean() > 0.97
    # Sixty rivals around two: of the best fifty, about those known beyond two are left.
    assert good.mean() == pytest.approx((KNOWN > 2).sum() / 50, abs=0.06)


def test_too_many_rivals_are_not_drawn() -> None:
    assert _draw(Rest(np.array([2_000_000]), np.array([2.0, 2.5]))) is None
