from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.assays.splits import (
    Split,
    cluster_split,
    column_split,
    group_split,
    random_split,
    scaffold_split,
    time_split,
)
from hitsieve.errors import DatasetError, UsageError


def _array(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ((_array(0, 1), _array(1), _array(2)), "1 compounds stand twice, such as 1"),
        ((_array(0, 0), _array(1), _array(2)), "stand twice, such as 0"),
        ((_array(0), _array(3), _array(2)), "in no part, such as 1"),
        ((_array(0), _array(-1), _array(1)), "negative"),
        ((_array(), _array(0), _array(1)), "train part is empty"),
    ],
)
def test_overlap_and_gaps_cannot_be_constructed(parts: tuple, text: str) -> None:
    with pytest.raises(DatasetError, match=text):
        Split(*parts)


def test_parts_cannot_be_changed_afterwards() -> None:
    split = random_split(10, seed=0)
    with pytest.raises(ValueError, match="read-only"):
        split.train[0] = 5


def test_a_series_too_large_for_the_training_part_is_refused_with_a_cure() -> None:
    series = ["c1ccccc1" + "C" * length for length in range(1, 18)]
    others = ["C1CCCCC1", "c1ccncc1", "CCO"]
    with pytest.raises(DatasetError, match=r"17 of 20 compounds have the scaffold c1ccccc1") as got:
        scaffold_split(series + others)
    assert "cluster" in got.value.cure
    with pytest.raises(DatasetError, match=r"17 of 20 compounds have the scaffold \(no ring\)"):
        scaffold_split(["C" * length for length in range(1, 18)] + others[:2] + ["C1CC1"])
    assert len(scaffold_split(series[:16] + others + ["C1CC1"]).train) == 16


def _complete(split: Split, n: int) -> None:
    joined = np.concatenate([split.train, split.valid, split.test])
    assert sorted(joined.tolist()) == list(range(n))
    assert [split.labels()[i] for i in split.test] == ["test"] * len(split.test)


fractions = st.sampled_from([(0.8, 0.1, 0.1), (0.5, 0.25, 0.25), (0.9, 0.1, 0.0), (1.0, 0.0, 0.0)])


@given(n=st.integers(10, 200), shares=fractions, seed=st.integers(0, 99))
def test_random_splits_are_complete_and_repeatable(
    n: int, shares: tuple[float, ...], seed: int
) -> None:
    split = random_split(n, shares, seed=seed)
    _complete(split, n)
    assert abs(len(split.train) - shares[0] * n) <= 1
    again = random_split(n, shares, seed=seed)
    assert np.array_equal(split.train, again.train)


@given(
    groups=st.lists(st.integers(0, 12), min_size=30, max_size=200),
    shares=fractions,
    seed=st.integers(0, 99),
)
def test_groups_stay_together(groups: list[int], shares: tuple[float, ...], seed: int) -> None:
    split = group_split(np.array(groups), shares, seed=seed)
    _complete(split, len(groups))
    members = [{groups[i] for i in part} for part in split.parts.values()]
    assert not members[0] & members[1]
    assert not members[0] & members[2]
    assert not members[1] & members[2]


def test_many_small_groups_reach_the_wanted_shares() -> None:
    groups = np.random.default_rng(0).integers(0, 300, size=2000)
    split = group_split(groups, seed=1)
    assert len(split.train) == pytest.approx(1600, abs=30)
    assert len(split.test) == pytest.approx(200, abs=30)


def test_clusters_stay_together() -> None:
    rng = np.random.default_rng(0)
    centers = rng.integers(0, 256, size=(20, 256), dtype=np.uint8)
    morgan = np.repeat(centers, 5, axis=0)
    split = cluster_split(morgan, seed=0)
    _complete(split, 100)
    assert split.method == "cluster"
    for part in split.parts.values():
        families = np.bincount(part // 5, minlength=20)
        assert set(families.tolist()) <= {0, 5}


def test_the_newest_compounds_test() -> None:
    years = np.array([2003, 2001, 2005, 2002, 2004, 2000, 2006, 2007, 2008, 2009])
    split = time_split(years)
    assert years[split.test].tolist() == [2009]
    assert years[split.train].max() < years[split.valid].min()


def test_a_given_split_is_taken_as_it_is() -> None:
    parts = ["test", "train", "valid", "train"]
    split = column_split(parts)
    assert split.labels() == parts
    with pytest.raises(DatasetError, match="1 compounds have no part, first at row 1"):
        column_split(["train", ""])


def test_a_missing_valid_part_is_taken_from_train_only() -> None:
    parts = ["train"] * 80 + ["test"] * 20
    split = column_split(parts, valid_fraction=0.1, seed=3)
    assert (len(split.train), len(split.valid)) == (72, 8)
    assert split.test.tolist() == list(range(80, 100))
    assert len(column_split(parts).valid) == 0


def test_splits_survive_json() -> None:
    split = random_split(30, seed=2)
    back = Split.from_dict(json.loads(json.dumps(split.to_dict())))
    assert back.labels() == split.labels()
    assert back.method == "random"


@pytest.mark.parametrize("shares", [(0.8, 0.2), (0.8, 0.1, 0.2), (1.2, -0.1, -0.1)])
def test_impossible_shares_are_refused(shares: tuple[float, ...]) -> None:
    with pytest.raises(UsageError, match="three shares"):
        random_split(10, shares, seed=0)


def test_too_few_compounds_cannot_be_split() -> None:
    with pytest.raises(DatasetError, match="train part is empty"):
        random_split(0, seed=0)


def test_what_is_left_out_is_in_no_part_and_not_forgotten() -> None:
    split = Split(np.array([0, 3]), np.array([1]), np.array([4]), left_out=np.array([2]))
    assert len(split) == 5
    assert split.labels() == ["train", "valid", "left_out", "train", "test"]
    assert set(split.parts) == {"train", "valid", "test"}
    back = Split.from_dict(json.loads(json.dumps(split.to_dict())))
    assert back.labels() == split.labels()
    with pytest.raises(DatasetError, match="stand twice"):
        Split(np.array([0, 1]), np.array([2]), np.array([3]), left_out=np.array([1]))


def test_a_split_of_before_is_read() -> None:
    written = random_split(30, seed=2).to_dict()
    del written["left_out"]
    assert len(Split.from_dict(written).left_out) == 0
