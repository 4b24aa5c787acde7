from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.assays.replicates import conflict_spread, merge_replicates


def _merge(values: list[float], signs: list[int], task: str = "regression", **kw: object) -> object:
    n = len(values)
    return merge_replicates(
        np.zeros(n, np.int64), np.array(values), np.array(signs, np.int8), task=task, **kw
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "signs", "label", "sign"),
    [
        ([6.0, 6.4, 6.1], [0, 0, 0], 6.1, 0),
        ([6.0, 5.0], [0, -1], 6.0, 0),
        ([5.0, 4.5], [-1, -1], 4.5, -1),
        ([5.0, 4.5], [1, 1], 5.0, 1),
    ],
)
def test_the_stated_rule(values: list[float], signs: list[int], label: float, sign: int) -> None:
    merged = _merge(values, signs)
    assert (merged.value.tolist(), merged.relation.tolist()) == ([label], [sign])  # type: ignore[attr-defined]
    assert merged.count.tolist() == [len(values)]  # type: ignore[attr-defined]


def test_the_mean_on_request() -> None:
    assert _merge([1.0, 2.0, 6.0], [0, 0, 0], rule="mean", spread=9.0).value[0] == 3.0  # type: ignore[attr-defined]


def test_disagreement_is_listed_and_kept() -> None:
    (conflict,) = _merge([5.0, 7.5], [0, 0]).conflicts  # type: ignore[attr-defined]
    assert conflict.kept
    assert conflict.values == ("5", "7.5")
    (crossed,) = _merge([6.0, 5.0], [0, -1]).conflicts  # type: ignore[attr-defined]
    assert crossed.values == ("6", "<5")
    assert not _merge([6.0, 6.9], [0, 0]).conflicts  # type: ignore[attr-defined]


def test_bounds_of_both_directions_are_dropped() -> None:
    merged = _merge([5.0, 6.0], [-1, 1])
    assert len(merged.value) == 0  # type: ignore[attr-defined]
    assert merged.dropped == 2  # type: ignore[attr-defined]
    assert not merged.conflicts[0].kept  # type: ignore[attr-defined]


def test_classes_go_by_majority_and_ties_are_dropped() -> None:
    merged = _merge([1.0, 0.0, 1.0], [0, 0, 0], "classification")
    assert merged.value.tolist() == [1.0]  # type: ignore[attr-defined]
    assert merged.conflicts[0].outcome == "majority: 1"  # type: ignore[attr-defined]
    tied = _merge([1.0, 0.0], [0, 0], "classification")
    assert (len(tied.value), tied.dropped, len(tied.conflicts)) == (0, 2, 1)  # type: ignore[attr-defined]


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 5), st.floats(2, 10), st.sampled_from([-1, 0, 1])), max_size=30
    ),
    task=st.sampled_from(["regression", "classification"]),
)
def test_no_measurement_is_lost_and_order_does_not_matter(
    rows: list[tuple[int, float, int]], task: str
) -> None:
    compound = np.array([r[0] for r in rows], dtype=np.int64)
    value = np.array([r[1] for r in rows])
    relation = np.array([r[2] for r in rows], dtype=np.int8)
    if task == "classification":
        value, relation = np.round(value) % 2, np.zeros_like(relation)
    merged = merge_replicates(compound, value, relation, task=task)
    assert merged.count.sum() + merged.dropped == len(rows)
    assert np.array_equal(compound[merged.first], merged.compound)
    back = merge_replicates(compound[::-1], value[::-1], relation[::-1], task=task)
    assert np.array_equal(back.value, merged.value)
    assert np.array_equal(back.relation, merged.relation)


def test_the_conflict_spread_follows_the_unit() -> None:
    values = np.array([1.0, 2.0, 3.0])
    assert conflict_spread(values, "pX") == 1.0
    assert conflict_spread(values, "kcal/mol") == pytest.approx(1.4826)
    assert math.isinf(conflict_spread(np.ones(3), "kcal/mol"))
