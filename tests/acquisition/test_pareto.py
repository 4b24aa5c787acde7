from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.acquisition.pareto import crowding, fronts
from hitsieve.errors import InputError

POINTS = st.lists(st.lists(st.integers(0, 4), min_size=2, max_size=2), min_size=1, max_size=25)


@given(POINTS)
def test_fronts_equal_the_definition(points: list[list[int]]) -> None:
    values = np.array(points, dtype=float)
    left = list(range(len(values)))
    number = 0
    wanted = np.zeros(len(values), int)
    while left:
        number += 1
        best = [
            i
            for i in left
            if not any(
                (values[j] >= values[i]).all() and (values[j] > values[i]).any() for j in left
            )
        ]
        wanted[best] = number
        left = [i for i in left if i not in best]
    assert fronts(values).tolist() == wanted.tolist()


def test_the_unknown_comes_last() -> None:
    assert fronts([[1.0, 1.0], [np.nan, 9.0], [0.0, 0.0]]).tolist() == [1, 3, 2]


def test_crowding_knows_the_lonely() -> None:
    lonely = crowding([[0.0, 10.0], [1.0, 9.0], [2.0, 8.0], [10.0, 0.0]])
    assert np.isinf(lonely[[0, 3]]).all()
    assert lonely[2] > lonely[1]
    assert crowding(np.ones((3, 2))).tolist().count(np.inf) >= 1


def test_a_vector_is_refused() -> None:
    with pytest.raises(InputError, match="shape"):
        fronts([1.0, 2.0])
