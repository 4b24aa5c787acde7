from __future__ import annotations

from math import comb

import pytest

from hitsieve.campaign.estimate import share_found
from hitsieve.campaign.interval import Estimate, enough_drawn


@pytest.mark.parametrize(("pool", "top"), [(60, 1), (60, 7), (1000, 10), (5, 5)])
def test_so_many_drawn_hold_one_of_the_best_in_nineteen_of_twenty_draws(
    pool: int, top: int
) -> None:
    def missed(n: int) -> float:
        return comb(pool - top, n) / comb(pool, n)

    found = enough_drawn(pool, top)
    assert missed(found) <= 0.05
    assert found == 1 or missed(found - 1) > 0.05


@pytest.mark.parametrize(
    ("low", "high", "tells"),
    [(0.0, 1.0, False), (0.04, 0.96, False), (0.0, 0.9, True), (0.1, 1.0, True), (1.0, 1.0, True)],
)
def test_from_nothing_to_everything_is_no_interval(low: float, high: float, *, tells: bool) -> None:
    found = Estimate(low, 0.5, high, "design", 3, 57)
    assert found.tells == tells
    assert found.sentence("top 1 %").startswith("so far holds" if tells else "nothing can be said")


def test_three_controls_say_nothing_and_what_would() -> None:
    found = share_found(
        fraction=0.001, pool=60, audit=[3, 9, 4], acquired=range(15), higher_is_better=True
    )
    assert (found.low, found.high, found.audit, found.enough) == (0, 1, 3, 57)
    words = found.sentence("top 0.1 %")
    assert words.startswith("nothing can be said yet of the true top 0.1 % (3 audit compounds)")
    assert "from 57 on" in words
    assert "`controls`" in words
    assert "100 %" not in words


def test_an_estimate_kept_by_an_older_version_has_no_numbers_to_name() -> None:
    assert "too few audit compounds" in Estimate(0.0, 1.0, 1.0, "design").sentence("top 9")
    assert "(1 audit compound)" in Estimate(0.0, 1.0, 1.0, "design", 1, 9).sentence("top 9")
    few = Estimate(0.0, 1.0, 1.0, "design", 3, 44).sentence("top 5 %")
    assert "(3 audit compounds): the draw alone tells from 44 on;" in few
    many = Estimate(0.0, 1.0, 1.0, "design", 400, 2950).sentence("top 9")
    assert "predictions help" not in many
