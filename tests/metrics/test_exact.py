from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.metrics.exact import exact_square_sum, exact_sum, to_fraction


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=30))
def test_sums_equal_fractions(values: list[float]) -> None:
    expected = sum((Fraction(v) for v in values), Fraction(0))
    assert to_fraction(exact_sum(np.array(values, dtype=float))) == expected


normal = st.floats(1e-100, 1e100) | st.floats(-1e100, -1e-100) | st.just(0.0)


@given(st.lists(normal, max_size=30))
def test_squares_equal_fractions(values: list[float]) -> None:
    expected = sum((Fraction(v) ** 2 for v in values), Fraction(0))
    assert to_fraction(exact_square_sum(np.array(values, dtype=float))) == expected


def test_no_digit_is_lost_where_plain_sums_lose_all() -> None:
    values = np.array([1e100, 1.0, -1e100] * 1000)
    assert float(to_fraction(exact_sum(values))) == math.fsum(values) == 1000.0
