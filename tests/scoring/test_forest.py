"""The forest against scikit-learn's own prediction, and what its file may not do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from hitsieve.errors import ChecksumError, DatasetError, NotFoundError
from hitsieve.provenance import child_seed
from hitsieve.scoring.forest import ForestScorer
from hitsieve.scoring.trees import ForestConfig, Task

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = ForestConfig(trees=12)


def _data(n: int = 80) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    bits = (rng.random((n, 2048)) < 0.05).astype(np.uint8)
    bits[:, :20] = rng.random((n, 20)) < 0.5
    value = bits[:, :20] @ rng.normal(size=20) + 6
    return np.packbits(bits, axis=1), value, (value > 6).astype(float)


def _fit(
    y: np.ndarray, tasks: list[Task], morgan: np.ndarray | None = None, seed: int = 7
) -> ForestScorer:
    morgan = _data()[0] if morgan is None else morgan
    names = [f"t{i}" for i in range(len(tasks))]
    return ForestScorer.fit(morgan, y, targets=names, tasks=tasks, seed=seed, config=CONFIG)


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_equals_scikit_learn(task: Task) -> None:
    morgan, value, label = _data()
    y = value if task == "regression" else label
    found = _fit(y, [task]).score_morgan(morgan)
    kind = RandomForestRegressor if task == "regression" else RandomForestClassifier
    seed = child_seed(7, "forest", "t0") % 2**32
    reference = kind(n_estimators=12, max_features=0.1, random_state=seed)
    bits = np.unpackbits(morgan, axis=1).astype(np.float32)
    reference.fit(bits, y)
    if task == "regression":
        trees = np.stack([tree.predict(bits) for tree in reference.estimators_])
        expected = reference.predict(bits)
    else:
        trees = np.stack([tree.predict_proba(bits)[:, 1] for tree in reference.estimators_])
        expected = reference.predict_proba(bits)[:, 1]
    assert_allclose(found.mean[:, 0], expected, rtol=1e-6)
    assert_allclose(found.std[:, 0], trees.std(axis=0), rtol=1e-5, atol=1e-7)
    assert np.ptp(found.mean) > 0.1


def test_targets_learn_from_their_own_measured_compounds() -> None:
    morgan, value, label = _data()
    y = np.stack([value, label], axis=1)
    y[:30, 0] = np.nan
    y[50:, 1] = np.nan
    both = _fit(y, ["regression", "classification"]).score_morgan(morgan)
    first = _fit(value[30:], ["regression"], morgan[30:]).score_morgan(morgan)
    assert_array_equal(both.mean[:, 0], first.mean[:, 0])


def test_blocks_do_not_change_a_bit() -> None:
    morgan, value, _ = _data()
    scorer = _fit(value, ["regression"])
    many = np.tile(morgan, (30, 1))
    assert_array_equal(scorer.score_morgan(many).mean[:80], scorer.score_morgan(morgan).mean)


def test_equal_seeds_give_equal_bytes_and_others_do_not() -> None:
    _, value, _ = _data()
    first, again, other = (_fit(value, ["regression"], seed=s).to_arrays() for s in (1, 1, 2))
    assert all(np.array_equal(first[name], again[name]) for name in first)
    assert not np.array_equal(first["forest0.value"], other["forest0.value"])


@pytest.mark.parametrize("only", [0.0, 1.0])
def test_a_single_class_gives_its_own_probability(only: float) -> None:
    morgan = _data()[0]
    found = _fit(np.full(len(morgan), only), ["classification"]).score_morgan(morgan)
    assert (found.mean == only).all()


def test_file_round_trip(tmp_path: Path) -> None:
    morgan, value, label = _data()
    scorer = _fit(np.stack([value, label], axis=1), ["regression", "classification"])
    scorer.save(tmp_path / "forest.safetensors")
    loaded = ForestScorer.load(tmp_path / "forest.safetensors")
    assert loaded.targets == ("t0", "t1")
    assert_array_equal(loaded.score_morgan(morgan).mean, scorer.score_morgan(morgan).mean)


def test_a_target_without_labels_is_named() -> None:
    y = np.full((80, 2), np.nan)
    y[:, 0] = 1
    y[4, 1] = 1
    with pytest.raises(DatasetError, match="'t1' has 1 measured"):
        _fit(y, ["regression", "regression"])


def test_files_that_are_no_forest_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        ForestScorer.load(tmp_path / "absent")
    (tmp_path / "bad").write_bytes(b"\x08\0\0\0\0\0\0\0{}      ")
    with pytest.raises(ChecksumError, match="bad"):
        ForestScorer.load(tmp_path / "bad")


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("left", lambda a: np.where(np.arange(len(a)) == 0, len(a) + 5, a), "leads out"),
        ("right", lambda a: np.where(np.arange(len(a)) == 0, -1, a), "leads out"),
        ("roots", lambda a: a - 10, "leads out"),
        # a cycle would let the walk go on for ever
        ("left", lambda a: np.where(np.arange(len(a)) == 1, 0, a), "no trees"),
        ("feature", lambda a: a + 5000, "no trees"),
    ],
)
def test_corrupt_trees_are_refused(name: str, change: object, words: str) -> None:
    arrays = _fit(_data()[1], ["regression"]).to_arrays()
    arrays[f"forest0.{name}"] = change(arrays[f"forest0.{name}"]).astype(np.int32)  # type: ignore[operator]
    with pytest.raises(ChecksumError, match=words):
        ForestScorer.from_arrays(arrays, ["t0"])


def test_arrays_of_different_length_are_refused() -> None:
    arrays = _fit(_data()[1], ["regression"]).to_arrays()
    arrays["forest0.feature"] = arrays["forest0.feature"][:-1]
    with pytest.raises(ChecksumError, match="differ in length"):
        ForestScorer.from_arrays(arrays, ["t0"])


def test_missing_arrays_are_named() -> None:
    arrays = _fit(_data()[1], ["regression"]).to_arrays()
    del arrays["forest0.value"]
    with pytest.raises(ChecksumError, match=r"forest0\.value"):
        ForestScorer.from_arrays(arrays, ["t0"])


def test_names_and_forests_must_agree() -> None:
    with pytest.raises(ValueError, match="0 forests for 1"):
        ForestScorer([], ["a"])
