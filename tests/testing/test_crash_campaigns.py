"""What a crashed campaign is blamed for; that real ones are free of it is tested with campaigns."""

from __future__ import annotations

from typing import Any

import pytest

from hitsieve.testing.crash import Crash
from hitsieve.testing.crash_campaigns import Story

WHOLE = {"rounds/0.parquet": b"picks", "labels/a.json": b"1"}


def _story(**changes: Any) -> Story:
    told = {"happened": True, "codes": [-9, 0], "contents": dict(WHOLE)} | changes
    return Story(Crash("picks", 1, "kill", "driver"), **told)


def test_one_that_ends_as_if_nothing_had_happened_is_unharmed() -> None:
    _story().expect_unharmed(WHOLE)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"happened": False}, "did not happen"),
        ({"codes": [-9, 1]}, "never ended well"),
        ({"measured_again": ["a"]}, r"measured again: \['a'\]"),
        ({"contents": WHOLE | {"labels/a.json": b"2"}}, r"files differ: \['labels/a.json'\]"),
        ({"contents": WHOLE | {"labels/b.json": b"2"}}, r"files differ: \['labels/b.json'\]"),
        ({"contents": {"labels/a.json": b"1"}}, r"files differ: \['rounds/0.parquet'\]"),
    ],
)
def test_each_trace_of_the_crash_is_told(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        _story(**changes).expect_unharmed(WHOLE)
