from __future__ import annotations

import numpy as np
import pytest

from hitsieve.metrics.plates import z_prime


def test_it_is_the_formula_of_the_paper() -> None:
    high, low = np.array([98.0, 100.0, 102.0]), np.array([0.0, 4.0])
    wanted = 1 - 3 * (2.0 + np.sqrt(8.0)) / (100 - 2)
    assert z_prime(high, low) == pytest.approx(wanted)
    assert z_prime(low, high) == pytest.approx(wanted)  # signals may fall
    assert z_prime(10 * high + 7, 10 * low + 7) == pytest.approx(wanted)


def test_controls_that_overlap_are_below_zero() -> None:
    assert z_prime([1.0, 5.0], [2.0, 4.0, 3.5]) < 0


@pytest.mark.parametrize(
    ("high", "low"), [([1.0], [2.0, 3.0]), ([1.0, np.nan], [2.0, 3.0]), ([2.0, 2.0], [2.0, 2.0])]
)
def test_too_little_says_nothing(high: list[float], low: list[float]) -> None:
    assert np.isnan(z_prime(high, low))
