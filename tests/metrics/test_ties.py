from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.metrics.ties import inclusion, tied_groups

values = st.lists(st.integers(0, 4).map(float) | st.just(float("nan")), min_size=1, max_size=30)


@given(given=values, k=st.integers(0, 30), higher=st.booleans())
def test_chances_add_up_to_the_places(given: list[float], k: int, *, higher: bool) -> None:
    chance = inclusion(np.array(given), k, higher_is_better=higher)
    assert chance.sum() == pytest.approx(min(k, len(given)))
    assert ((chance >= 0) & (chance <= 1)).all()


@given(values)
def test_groups_hold_equal_values_and_nan_is_last(given: list[float]) -> None:
    array = np.array(given)
    order, starts, sizes = tied_groups(array, higher_is_better=True)
    assert sizes.sum() == len(array)
    groups = [array[order[a : a + n]] for a, n in zip(starts, sizes, strict=True)]
    assert all(len(np.unique(group)) == 1 for group in groups)
    assert len(groups) == len(np.unique(array))
    assert not np.isnan(np.concatenate(groups[:-1] or [np.zeros(1)])).any()
