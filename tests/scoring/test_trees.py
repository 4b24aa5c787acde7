"""Trees as arrays walk as scikit-learn's do, join in order, and refuse what are no trees."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from pydantic import ValidationError
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from hitsieve.errors import ChecksumError
from hitsieve.scoring.trees import Forest, ForestConfig, check_nodes, fit_forest, join_forests

if TYPE_CHECKING:
    from hitsieve.scoring.trees import Task

CONFIG = ForestConfig(trees=7, max_features=0.5, min_leaf=2)
COLUMNS = 30
KINDS = {
    ("regression", False): RandomForestRegressor,
    ("regression", True): ExtraTreesRegressor,
    ("classification", False): RandomForestClassifier,
    ("classification", True): ExtraTreesClassifier,
}


def _table(n: int = 90, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.asarray(rng.normal(size=(n, COLUMNS)), np.float32)


def _labels(table: np.ndarray, task: Task) -> np.ndarray:
    value = np.asarray(table[:, :4].sum(axis=1), dtype=np.float64)
    return value if task == "regression" else np.asarray(value > 0, dtype=np.float64)


def _fit(task: Task = "regression", seed: int = 5, *, extra: bool = False) -> Forest:
    table = _table()
    return fit_forest(table, _labels(table, task), task, seed, CONFIG, extra=extra)


@pytest.mark.parametrize("extra", [False, True])
@pytest.mark.parametrize("unit", [2.0**-40, 2.0**40])
def test_any_unit_grows_the_same_trees(unit: float, *, extra: bool) -> None:
    table = _table()
    labels = _labels(table, "regression")
    one = fit_forest(table, labels, "regression", 5, CONFIG, extra=extra)
    other = fit_forest(table, labels * unit, "regression", 5, CONFIG, extra=extra)
    assert_array_equal(other.feature, one.feature)
    assert_array_equal(other.threshold, one.threshold)
    assert_array_equal(other.value, one.value * unit)


@pytest.mark.parametrize("extra", [False, True])
@pytest.mark.parametrize("task", ["regression", "classification"])
def test_each_tree_says_what_scikit_learns_says(*, task: Task, extra: bool) -> None:
    table = _table()
    reference = KINDS[task, extra](
        n_estimators=7, max_features=0.5, min_samples_leaf=2, random_state=5
    ).fit(table, _labels(table, task))
    asked = _table(40, seed=9)
    found = _fit(task, extra=extra).tree_values(asked)
    assert found.shape == (40, 7)
    for column, tree in enumerate(reference.estimators_):
        said = tree.predict(asked) if task == "regression" else tree.predict_proba(asked)[:, 1]
        assert_allclose(found[:, column], said, rtol=1e-6)


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_classes_may_have_a_share_of_columns_of_their_own(task: Task) -> None:
    table = _table()
    labels = _labels(table, task)
    other = CONFIG.model_copy(update={"class_features": 0.1})
    as_asked = CONFIG if task == "regression" else CONFIG.model_copy(update={"max_features": 0.1})
    found = fit_forest(table, labels, task, 5, other)
    assert_array_equal(found.value, fit_forest(table, labels, task, 5, as_asked).value)
    if task == "classification":
        usual = fit_forest(table, labels, task, 5, CONFIG)
        assert found.value.shape != usual.value.shape or (found.value != usual.value).any()


def test_bits_are_read_as_bytes_too() -> None:
    rng = np.random.default_rng(1)
    bits = (rng.random((60, COLUMNS)) < 0.5).astype(np.uint8)
    forest = fit_forest(
        bits.astype(np.float32), bits[:, :3].sum(axis=1).astype(float), "regression", 1, CONFIG
    )
    assert_array_equal(forest.tree_values(bits), forest.tree_values(bits.astype(np.float32)))


def test_a_single_class_has_its_share_everywhere() -> None:
    table = _table(20)
    for label in (0.0, 1.0):
        forest = fit_forest(table, np.full(20, label), "classification", 1, CONFIG)
        assert_array_equal(forest.tree_values(table), np.full((20, 7), label))


def test_a_seed_gives_the_same_trees() -> None:
    first, again, other = _fit(), _fit(), _fit(seed=6)
    for name in ("roots", "left", "right", "feature", "threshold", "value"):
        assert_array_equal(getattr(first, name), getattr(again, name))
    assert not np.array_equal(first.value[: len(other.value)], other.value[: len(first.value)])


def test_joined_forests_say_what_each_says_in_order() -> None:
    one, two = _fit(seed=1), _fit(seed=2, extra=True)
    joined = join_forests([one, two, one])
    check_nodes(joined, "t", COLUMNS)
    table = _table(25, seed=4)
    parts = [forest.tree_values(table) for forest in (one, two, one)]
    assert_array_equal(joined.tree_values(table), np.concatenate(parts, axis=1))
    assert joined.roots[0] == 0
    assert joined.left.dtype == np.int32


@pytest.mark.parametrize(
    ("name", "place", "value", "message"),
    [
        ("left", 0, 10**6, "left leads out"),
        ("right", 0, -1, "right leads out"),
        ("roots", 1, -3, "roots leads out"),
        ("feature", 0, COLUMNS, "are no trees"),
        ("feature", 0, -1, "are no trees"),
    ],
)
def test_nodes_that_lead_nowhere_are_refused(
    name: str, place: int, value: int, message: str
) -> None:
    forest = _fit()
    check_nodes(forest, "t", COLUMNS)
    changed = getattr(forest, name).copy()
    changed[place] = value
    with pytest.raises(ChecksumError, match=f"target 't': .*{message}"):
        check_nodes(dataclasses.replace(forest, **{name: changed}), "t", COLUMNS)


def test_a_walk_that_would_never_end_is_refused() -> None:
    forest = _fit()
    child = int(forest.left[0])
    left = forest.left.copy()
    inner = next(n for n in range(child, len(left)) if forest.left[n] != n)
    left[inner] = 0
    with pytest.raises(ChecksumError, match="no trees"):
        check_nodes(dataclasses.replace(forest, left=left), "t", COLUMNS)


def test_arrays_of_another_length_are_refused() -> None:
    forest = _fit()
    with pytest.raises(ChecksumError, match="differ in length"):
        check_nodes(dataclasses.replace(forest, threshold=forest.threshold[:-1]), "t", COLUMNS)


@pytest.mark.parametrize(
    "wrong", [{"trees": 0}, {"max_features": 1.5}, {"class_features": 0.0}, {"min_leaf": 0}]
)
def test_impossible_settings_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        ForestConfig.model_validate(wrong)
