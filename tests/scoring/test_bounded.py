from __future__ import annotations

import csv
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import truncnorm

from hitsieve.errors import DatasetError
from hitsieve.scoring.blend import BlendConfig
from hitsieve.scoring.bounded import FEWEST, Completed, complete, expected_beyond
from hitsieve.scoring.fit_members import fit_members
from hitsieve.scoring.inputs import Inputs
from hitsieve.scoring.member_data import MemberData
from hitsieve.scoring.prepared import Prepared

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = ("gaussian_process", "support_vectors", "extra_trees")
CONFIG = BlendConfig.model_validate(
    {"members": KINDS, "penalties": [3.0], "trees": {"trees": 40}},
)


@cache
def _drugs() -> tuple[Inputs, np.ndarray]:
    """Well-known drugs with their log P."""
    path = Path(__file__).parents[1] / "data" / "drugs.csv"
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    return Inputs.from_smiles([row["smiles"] for row in rows]), np.array(
        [float(row["clogp"]) for row in rows]
    )


def _data(y: np.ndarray, rows: np.ndarray | None = None) -> MemberData:
    inputs = _drugs()[0]
    taken = inputs if rows is None else inputs.take(rows)
    return MemberData(taken, y[:, None], ("logP",), ("regression",))


def _half(y: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Give half of the labels as upper bounds, three units above the truth."""
    relation = np.where(rng.permutation(len(y)) < len(y) // 2, -1, 0)
    return np.where(relation < 0, y + 3, y), relation


def _limit(y: np.ndarray, _: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Give the lowest two in five as below a limit of detection."""
    limit = np.quantile(y, 0.4)
    return np.maximum(y, limit), np.where(y < limit, -1, 0)


def _reach(y: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Give what passes the highest concentration of its assay as above it."""
    limit = rng.permutation(y)
    return np.minimum(y, limit), np.where(y > limit, 1, 0)


@given(
    mean=st.floats(-20, 20),
    std=st.floats(0.05, 5),
    bound=st.floats(-20, 20),
    sign=st.sampled_from([-1, 1]),
)
def test_the_expected_value_is_that_of_a_truncated_normal(
    mean: float, std: float, bound: float, sign: int
) -> None:
    value, kept = expected_beyond(
        np.array([mean]), np.array([std]), np.array([bound]), np.array([sign])
    )
    assert value[0] * sign >= bound * sign
    z = (bound - mean) / std
    if abs(z) < 8:
        ends = (-np.inf, z) if sign < 0 else (z, np.inf)
        assert value[0] == pytest.approx(truncnorm.mean(*ends, mean, std), rel=1e-4, abs=1e-4)
    else:  # far away, the value is the mean or just beyond the bound
        nearest = mean if (bound - mean) * sign < 0 else bound
        assert value[0] == pytest.approx(nearest, abs=std / 7)
    assert 0 <= kept[0] <= 1
    assert (kept[0] > 0.5) == ((mean - bound) * sign > 0) or kept[0] == pytest.approx(0.5)


def test_a_bound_that_is_kept_anyway_gets_no_value_and_a_broken_one_gets_one_beyond() -> None:
    y = _drugs()[1].copy()
    relation = np.zeros((len(y), 1), np.int8)
    kept, broken = [3, 40, 77], [10, 50, 90]
    y[kept], relation[kept] = 15.0, -1
    y[broken], relation[broken] = 9.0, 1
    found = complete(_data(y), relation, CONFIG, 1)
    assert np.isnan(found.y[kept, 0]).all()
    assert (found.y[broken, 0] > 9.0).all()
    assert (found.y[broken, 0] < 11.0).all()
    exact = relation[:, 0] == 0
    np.testing.assert_array_equal(found.y[exact, 0], y[exact])
    assert (found.bounds.tolist(), found.used.tolist()) == ([6], [3])


def test_equal_seeds_give_equal_values_and_without_bounds_nothing_changes() -> None:
    y, relation = _limit(_drugs()[1], np.random.default_rng(0))
    once, again = (complete(_data(y), relation[:, None], CONFIG, 5).y for _ in range(2))
    np.testing.assert_array_equal(once, again)
    plain = complete(_data(y), np.zeros((len(y), 1), np.int8), CONFIG, 5)
    np.testing.assert_array_equal(plain.y[:, 0], y)
    assert plain.bounds.tolist() == [0]


def test_each_target_is_completed_from_its_own_values_and_classes_have_no_bounds() -> None:
    y, relation = _limit(_drugs()[1], np.random.default_rng(0))
    gaps = np.where(np.arange(len(y)) % 3 == 0, np.nan, y)
    classes = (y > 2).astype(float)
    data = replace(
        _data(y),
        y=np.stack([gaps, classes], axis=1),
        targets=("logP", "oily"),
        tasks=("regression", "classification"),
        groups=np.arange(len(y)) // 2,
    )
    found = complete(data, np.stack([relation, relation], axis=1), CONFIG, 1)
    np.testing.assert_array_equal(found.y[:, 1], classes)
    assert found.bounds[1] == 0
    assert np.isnan(found.y[np.isnan(gaps), 0]).all()
    limit = y.min()
    used = (relation < 0) & ~np.isnan(found.y[:, 0])
    assert used.sum() == found.used[0] > 5
    assert (found.y[used, 0] < limit).all()


def test_models_that_know_bounds_keep_those_without_a_value() -> None:
    y = np.array([[1.0], [2.0], [3.0], [np.nan]])
    relation = np.array([[0], [-1], [1], [0]])
    completed = Completed(
        np.array([[1.0], [np.nan], [3.5], [np.nan]]), np.array([2]), np.array([1])
    )
    values, signs = completed.beside(y, relation)
    np.testing.assert_array_equal(values, [[1.0], [2.0], [3.5], [np.nan]])
    assert signs[:, 0].tolist() == [0, -1, 0, 0]


@pytest.mark.parametrize("exact", [FEWEST - 1, FEWEST])
def test_too_few_or_equal_exact_values_are_refused(exact: int) -> None:
    y = np.full(len(_drugs()[1]), 5.0)
    relation = np.where(np.arange(len(y)) < exact, 0, 1)[:, None]
    told = f"{exact} exact values" if exact < FEWEST else "one exact value throughout"
    with pytest.raises(DatasetError, match=f"'logP' has {len(y) - exact} bounds and {told}") as e:
        complete(_data(y), relation, CONFIG, 1)
    assert f"at least {FEWEST}" in str(e.value.cure)


def _errors(
    censor: Callable[[np.ndarray, np.random.Generator], tuple[np.ndarray, np.ndarray]], seed: int
) -> dict[tuple[str, str], np.ndarray]:
    """Return errors on held-out compounds by way of taking bounds and member.

    ``left out`` is the error of left-out predictions of exact training compounds.
    """
    inputs, truth = _drugs()
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(truth))
    train, test = order[:90], order[90:]
    y, relation = censor(truth[train], rng)
    exact = relation == 0
    ways = {
        "completed": complete(_data(y, train), relation[:, None], CONFIG, seed).y[:, 0],
        "dropped": np.where(exact, y, np.nan),
        "taken as exact": y,
    }
    found = {}
    for way, labels in ways.items():
        for kind, member in fit_members(_data(labels, train), CONFIG, seed).items():
            said = member.scorer.score_prepared(Prepared(inputs.take(test))).mean[:, 0]
            found[way, kind] = said - truth[test]
            found[f"{way}, left out", kind] = (member.left_out.mean[:, 0] - truth[train])[exact]
    return found


@pytest.fixture(scope="module")
def far() -> list[dict[tuple[str, str], np.ndarray]]:
    return [_errors(_half, seed) for seed in range(3)]


@pytest.mark.parametrize("kind", KINDS)
def test_bounds_far_above_the_truth_bias_no_member(
    far: list[dict[tuple[str, str], np.ndarray]], kind: str
) -> None:
    for part in ("", ", left out"):
        bias = {
            way: np.mean([errors[way + part, kind].mean() for errors in far])
            for way in ("completed", "dropped", "taken as exact")
        }
        assert bias["taken as exact"] > 1.2
        # what is left is the bias of learning from half as many compounds
        assert abs(bias["completed"] - bias["dropped"]) < 0.15, part
        assert abs(bias["completed"]) < 0.25, part


@pytest.mark.parametrize("kind", KINDS)
def test_no_left_out_compound_speaks_through_bounds(
    far: list[dict[tuple[str, str], np.ndarray]], kind: str
) -> None:
    said, new = (
        np.sqrt(np.mean([np.mean(errors[way, kind] ** 2) for errors in far]))
        for way in ("completed, left out", "completed")
    )
    assert said > 0.9 * new


@pytest.mark.parametrize("censor", [_limit, _reach])
def test_bounds_that_say_something_help(
    censor: Callable[[np.ndarray, np.random.Generator], tuple[np.ndarray, np.ndarray]],
) -> None:
    runs = [_errors(censor, seed) for seed in range(5)]
    for kind in KINDS:
        rmse = {
            way: np.mean([np.sqrt(np.mean(errors[way, kind] ** 2)) for errors in runs])
            for way in ("completed", "dropped", "taken as exact")
        }
        assert rmse["completed"] < 0.95 * rmse["dropped"], (kind, rmse)
        assert rmse["completed"] < 0.95 * rmse["taken as exact"], (kind, rmse)
