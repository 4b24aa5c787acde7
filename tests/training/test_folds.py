"""Folds: even, complete, and families in one piece."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from hitsieve.training.folds import deal


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
    for task, given_groups in (("regression", None), ("regression", groups)):
        found = deal(rng.normal(size=n), task, folds, rng, given_groups)  # type: ignore[arg-type]
        assert len(found) <= folds
        assert all(len(fold) for fold in found)
        assert all((np.diff(fold) > 0).all() for fold in found)
        assert_array_equal(np.sort(np.concatenate(found)), np.arange(n))


def test_alone_compounds_make_even_folds_of_even_classes() -> None:
    y = _classes(203, 0.2)
    found = deal(y, "classification", 5, np.random.default_rng(0))
    assert {len(fold) for fold in found} == {40, 41}
    ones = [int(y[fold].sum()) for fold in found]
    assert max(ones) - min(ones) <= 1


def test_families_stay_together_in_about_even_folds() -> None:
    rng = np.random.default_rng(1)
    groups, y = rng.integers(0, 60, 400), _classes(400, 0.25)
    found = deal(y, "classification", 5, np.random.default_rng(2), groups)
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
    found = deal(np.zeros(100), "regression", 5, np.random.default_rng(3), groups)
    assert [len(fold) for fold in found] == [20] * 5
    assert all((groups[fold] == 0).any() for fold in found)
    for name in range(1, 21):
        assert sum(name in groups[fold] for fold in found) == 1


@pytest.mark.parametrize("groups", [None, np.arange(50) // 2])
def test_the_seed_decides(groups: np.ndarray | None) -> None:
    y = np.zeros(50)
    first, again, other = (
        np.concatenate(deal(y, "regression", 5, np.random.default_rng(seed), groups))
        for seed in (7, 7, 8)
    )
    assert_array_equal(first, again)
    assert not np.array_equal(first, other)
