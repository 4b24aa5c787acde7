from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.training.schedule import rate


@given(
    warmup=st.integers(0, 50),
    more=st.integers(1, 200),
    final=st.floats(0, 1),
    step=st.integers(0, 400),
)
def test_rate_rises_to_one_and_falls_to_the_end(
    warmup: int, more: int, final: float, step: int
) -> None:
    total = warmup + more

    def at(place: int) -> float:
        return rate(place, warmup=warmup, total=total, final=final)

    assert min(final, 1 / max(1, warmup)) - 1e-12 <= at(step) <= 1 + 1e-12
    assert at(warmup) == pytest.approx(1)
    assert at(total) == pytest.approx(final)
    if step + 1 < warmup:
        assert at(step) < at(step + 1)
    elif step > warmup:
        assert at(step + 1) <= at(step) + 1e-12
