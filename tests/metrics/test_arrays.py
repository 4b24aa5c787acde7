from __future__ import annotations

import numpy as np
import pytest

from hitsieve.errors import InputError
from hitsieve.metrics.arrays import flags, labeled, same_length, vector


def test_vectors_are_one_dimensional_numbers() -> None:
    assert vector([1, 2], "x").dtype == np.float64
    with pytest.raises(InputError, match="x holds something that is no number"):
        vector(["a"], "x")
    with pytest.raises(InputError, match=r"x has shape \(1, 2\)"):
        vector([[1, 2]], "x")


def test_flags_are_zero_or_one() -> None:
    assert flags([0, 1, True], "x").tolist() == [False, True, True]
    with pytest.raises(InputError, match=r"x\[1\] = 0.5"):
        flags([0, 0.5], "x")


def test_lengths_are_equal_and_not_zero() -> None:
    assert same_length(a=np.zeros(3), b=np.ones(3)) == 3
    with pytest.raises(InputError, match="differing lengths"):
        same_length(a=np.zeros(3), b=np.ones(2))
    with pytest.raises(InputError, match="a and b are empty"):
        same_length(a=np.zeros(0), b=np.ones(0))


def test_only_measured_items_need_a_prediction() -> None:
    truth, guess = labeled([1.0, np.nan, 2.0], [3.0, np.nan, 4.0])
    assert (truth.tolist(), guess.tolist()) == ([1.0, 2.0], [3.0, 4.0])
    with pytest.raises(InputError, match="1 values that are not finite"):
        labeled([1.0], [np.inf])
