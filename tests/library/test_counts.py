from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.errors import RejectRateError
from hitsieve.library.counts import Counts

PAIRS = st.lists(
    st.tuples(
        st.sampled_from(["ok", "standardized", "rejected", "failed"]),
        st.sampled_from(["none", "syntax", "timeout"]),
    )
)


@given(first=PAIRS, second=PAIRS)
def test_pieces_add_up(first: list[tuple[str, str]], second: list[tuple[str, str]]) -> None:
    merged = Counts.of(first)
    merged.merge(Counts.of(second))
    whole = Counts.of(first + second)
    assert merged.to_json() == whole.to_json()
    assert Counts.from_json(whole.to_json()).to_json() == whole.to_json()
    assert whole.kept + whole.refused == whole.records == len(first) + len(second)
    assert sum(whole.by(0).values()) == sum(whole.by(1).values()) == whole.records
    assert whole.only_refused().records == whole.refused


def test_the_rate_is_checked_with_the_closing_table() -> None:
    counts = Counts.of([("ok", "none")] * 90 + [("rejected", "syntax")] * 10)
    counts.check_rate(0.1)
    with pytest.raises(RejectRateError, match=r"10\.0% of 100 records") as caught:
        counts.check_rate(0.09)
    assert "10  rejected      syntax" in caught.value.message
    counts.check_rate(0.09, floor=1000)


def test_nothing_read_is_no_reject() -> None:
    Counts().check_rate(0.0)
