from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hitsieve.networks.segments import sum_by_index


@given(st.lists(st.integers(0, 4), max_size=12))
@settings(deadline=None)
def test_equals_a_loop(index: list[int]) -> None:
    values = torch.arange(len(index) * 2, dtype=torch.float64).reshape(-1, 2)
    expected = torch.zeros(5, 2, dtype=torch.float64)
    for row, place in enumerate(index):
        expected[place] += values[row]
    found = sum_by_index(values, torch.tensor(index, dtype=torch.int64), 5)
    assert torch.equal(found, expected)
