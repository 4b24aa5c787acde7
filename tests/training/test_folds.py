"""Folds: even, complete, and families in one piece."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from hitsieve.training.folds import deal, deal_measured

if TYPE_CHECKING:
    from hitsieve.training.data import Task


def _classes(n: int, share: float) -> np.ndarray:
    return (np.random.default_rng(5).random(n) < share).astype(float)


@given(
    n=st.integers(1, 60),
    folds=st.integers(2, 7),
    families=st.integers(1, 80),
    seed=st.integers(0, 99),
)
def test_every_compound_is_in_one_fold(n: int, folds: int, families: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, families, n)
    for given_groups in (None, groups):
        found = deal(rng.normal(size=(n, 1)), ["regression"], folds, rng, given_groups)
        assert len(found) <= folds
        assert all(len(fold) for fold in found)
        assert all((np.diff(fold) > 0).all() for fold in found)
        assert_array_equal(np.sort(np.concatenate(found)), np.arange(n))


def test_alone_compounds_make_even_folds_of_even_classes() -> None:
    y = _classes(203, 0.2)
    found = deal(y[:, None], ["classification"], 5, np.random.default_rng(0))
    assert {len(fold) for fold in found} == {40, 41}
    ones = [int(y[fold].sum()) for fold in found]
    assert max(ones) - min(ones) <= 1


def test_families_stay_together_in_about_even_folds() -> None:
    rng = np.random.default_rng(1)
    groups, y = rng.integers(0, 60, 400), _classes(400, 0.25)
    found = deal(y[:, None], ["classification"], 5, np.random.default_rng(2), groups)
    place = np.empty(400, int)
    for number, fold in enumerate(found):
        place[fold] = number
    for name in np.unique(groups):
        assert len(set(place[groups == name])) == 1
    assert max(map(len, found)) - min(map(len, found)) <= 20
    ones = [y[fold].sum() for fold in found]
    assert max(ones) - min(ones) <= 10


def test_a_family_larger_than_half_a_fold_is_dealt_one_by_one() -> None:
    groups = np.concatenate([np.zeros(60, int), np.repeat(np.arange(1, 21), 2)])
    found = deal(np.zeros((100, 1)), ["regression"], 5, np.random.default_rng(3), groups)
    assert [len(fold) for fold in found] == [20] * 5
    assert all((groups[fold] == 0).any() for fold in found)
    for name in range(1, 21):
        assert sum(name in groups[fold] for fold in found) == 1


@pytest.mark.parametrize("groups", [None, np.arange(50) // 2])
def test_the_seed_decides(groups: np.ndarray | None) -> None:
    y = np.zeros((50, 1))
    first, again, other = (
        np.concatenate(deal(y, ["regression"], 5, np.random.default_rng(seed), groups))
        for seed in (7, 7, 8)
    )
    assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_family_that_holds_most_of_a_class_is_dealt_one_by_one() -> None:
    groups = np.repeat(np.arange(100), 3)
    y = np.isin(groups, [40]).astype(float)  # three actives, all of one scaffold
    found = deal(y[:, None], ["classification"], 5, np.random.default_rng(0), groups)
    assert sorted(int(y[fold].sum()) for fold in found) == [0, 0, 1, 1, 1]
    whole = [name for name in range(100) if sum(name in groups[fold] for fold in found) == 1]
    assert whole == [name for name in range(100) if name != 40]


@given(
    ones=st.integers(2, 6),
    families=st.integers(1, 9),
    folds=st.integers(2, 7),
    seed=st.integers(0, 99),
)
def test_a_class_of_two_is_never_left_out_whole(
    ones: int, families: int, folds: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.repeat([1.0, 0.0], [ones, 40]))
    groups = rng.integers(0, families, len(y))
    shared = deal(y[:, None], ["classification"], folds, rng, groups)
    for parts in (shared, [np.flatnonzero(y == 1), np.flatnonzero(y == 0)]):
        found = deal_measured(y, "classification", parts, rng, groups)
        assert_array_equal(np.sort(np.concatenate(found)), np.arange(len(y)))
        assert all(len(np.unique(np.delete(y, part))) == 2 for part in found)


def _several(n: int) -> np.ndarray:
    """Values, a rare class and a common one, each measured on a part of n compounds."""
    rng = np.random.default_rng(8)
    y = np.stack([rng.normal(size=n), _classes(n, 0.06), _classes(n, 0.6)], axis=1)
    return np.where(rng.random(y.shape) < (0.5, 0.8, 0.3), y, np.nan)


@pytest.mark.parametrize("families", [None, 150])
def test_targets_share_folds_that_are_even_for_each(families: int | None) -> None:
    y = _several(600)
    groups = None if families is None else np.random.default_rng(9).integers(0, families, 600)
    tasks: list[Task] = ["regression", "classification", "classification"]
    found = deal(y, tasks, 5, np.random.default_rng(1), groups)
    assert_array_equal(np.sort(np.concatenate(found)), np.arange(600))
    assert max(map(len, found)) - min(map(len, found)) <= 12
    for column, task in enumerate(tasks):
        for label in (None,) if task == "regression" else (0.0, 1.0):
            wanted = ~np.isnan(y[:, column]) if label is None else y[:, column] == label
            counts = [int(wanted[fold].sum()) for fold in found]
            assert max(counts) - min(counts) <= (3 if families is None else 8), (column, label)
    if groups is not None:
        place = np.empty(600, int)
        for number, fold in enumerate(found):
            place[fold] = number
        assert all(len(set(place[groups == name])) == 1 for name in np.unique(groups))


def test_a_target_leaves_out_what_the_shared_folds_hold_of_it() -> None:
    y = _several(600)
    tasks: list[Task] = ["regression", "classification", "classification"]
    shared = deal(y, tasks, 5, np.random.default_rng(1))
    for column, task in enumerate(tasks):
        rows = np.flatnonzero(~np.isnan(y[:, column]))
        found = deal_measured(y[:, column], task, shared, np.random.default_rng(2), None)
        assert len(found) == 5
        for part, fold in zip(found, shared, strict=True):
            assert_array_equal(rows[part], np.intersect1d(rows, fold))


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_a_target_that_shared_folds_would_leave_empty_is_dealt_alone(task: Task) -> None:
    y = np.full(100, np.nan)
    y[:12] = [1, 1, *np.zeros(10)]  # both ones, and all that was measured, lie in the first fold
    shared = [np.arange(20), *np.arange(20, 100).reshape(4, 20)]
    found = deal_measured(y, task, shared, np.random.default_rng(2), None)
    assert len(found) == 5
    assert_array_equal(np.sort(np.concatenate(found)), np.arange(12))
    if task == "classification":
        assert all(len(np.unique(np.delete(y[:12], part))) == 2 for part in found)
