from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hitsieve.assays.learnable import Obstacle, lone_labels, obstacle


def _ask(
    values: np.ndarray, task: str = "regression", bounds: int = 0, **how: Any
) -> Obstacle | None:
    relation = np.zeros(len(values), np.int8)
    relation[:bounds] = 1
    return obstacle(values, relation, task, **how)


@pytest.mark.parametrize(
    ("values", "task", "reason", "cure"),
    [
        (np.empty(0), "regression", "all values are missing or refused", "column that holds"),
        (np.arange(19.0), "regression", "19 labels, at least 20 are needed", "more compounds"),
        (np.full(30, 0.1), "regression", "all 30 labels are 0.1", "values or classes that differ"),
        (np.zeros(30), "classification", "all 30 labels are of class 0", "classes that differ"),
        (
            np.eye(30)[3],
            "classification",
            "1 of 30 labels is of class 1, at least 2 are needed",
            "classes that differ",
        ),
        (
            1 - np.eye(30)[3],
            "classification",
            "1 of 30 labels is of class 0, at least 2 are needed",
            "classes that differ",
        ),
    ],
)
def test_reasons_come_with_a_cure(values: np.ndarray, task: str, reason: str, cure: str) -> None:
    found = _ask(values, task)
    assert found is not None
    assert found.reason == reason
    assert cure in found.cure


def test_what_can_be_learned_passes() -> None:
    assert _ask(np.arange(30.0) * 1e-12) is None
    assert _ask(5 + np.arange(30.0) * 1e-12) is not None
    assert _ask(np.arange(30.0)) is None
    assert _ask(np.arange(30.0) % 2, "classification") is None
    assert _ask((np.arange(30) < 2).astype(float), "classification") is None
    assert _ask(np.arange(30.0), bounds=10) is None


def test_bounds_are_named_as_the_reason_and_not_a_constant() -> None:
    constant = _ask(np.full(30, 5.0), bounds=30)
    assert constant is not None
    assert constant.reason == "all 30 labels are bounds (< or >), at least 20 values are needed"
    few = _ask(np.arange(30.0), bounds=27)
    assert few is not None
    assert few.reason.startswith("27 of 30 labels are bounds (< or >), which leaves 3 measured")
    assert "two classes" in few.cure
    same = _ask(np.r_[np.arange(10.0), np.full(25, 7.0)], bounds=10)
    assert same is not None
    assert same.reason == "all 25 labels that are no bounds are 7"


def test_nothing_is_asked_of_labels_that_are_only_read() -> None:
    assert _ask(np.ones(3), bounds=3, minimum=0) is None
    assert _ask(np.empty(0), minimum=0) is not None


@pytest.mark.parametrize("n", [20, 127, 5000])
def test_a_mistyped_value_holds_most_of_the_variance(n: int) -> None:
    values = np.random.default_rng(n).normal(2, 1.5, n)
    assert lone_labels(values) is None
    values[7] = 9e8
    found = lone_labels(values)
    assert found is not None
    assert found.places.tolist() == [7]
    assert found.share == pytest.approx(1.0)
    assert lone_labels(values, lone_variance=1.0) is None


def test_two_mistyped_values_do_not_hide_each_other() -> None:
    values = np.random.default_rng(1).normal(2, 1.5, 127)
    values[[7, 50]] = 9e8, 8.9e8
    found = lone_labels(values)
    assert found is not None
    assert found.places.tolist() == [7, 50]
    reason = _ask(values, lone_variance=0.5, names=[f"a.csv#{i + 1}" for i in range(127)])
    assert reason is not None
    assert (
        "2 labels hold 100% of the variance of all 127: 9e+08 (a.csv#8), 8.9e+08" in reason.reason
    )


@pytest.mark.parametrize("actives", [1, 2, 3])
def test_the_first_actives_of_a_screen_are_no_slips(actives: int) -> None:
    rng = np.random.default_rng(actives)
    values = np.r_[rng.normal(5, 0.4, 40), rng.normal(8, 0.3, actives)]
    assert lone_labels(values) is None


def test_a_shift_of_the_decimal_point_is_found() -> None:
    values = np.random.default_rng(3).normal(2, 1.5, 127)
    values[0] = 131.0
    found = lone_labels(values)
    assert found is not None
    assert found.share > 0.9


def test_far_and_large_are_both_needed() -> None:
    rest = np.tile([-1.0, 1.0], 200)
    assert lone_labels(np.append(rest, 19.0)) is None, "19 deviations, but half of the variance"
    assert lone_labels(np.append(rest, 30.0)) is not None
    small = np.tile([-1.0, 1.0], 10)
    assert lone_labels(np.append(small, 8.0)) is None, "three quarters, but only eight deviations"
