"""Weights of a blend."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.special import expit, logit

from hitsieve.scoring.stacking import Stack, draw_to_process, earns, fit_stack

Task = Literal["regression", "classification"]


def _members(n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = rng.normal(6, 1, n)
    noise = rng.normal(size=(n, 3)) * np.array([0.3, 0.6, 3.0])
    return y[:, None] + noise, y


def test_better_members_weigh_more_and_weights_add_up() -> None:
    members, y = _members()
    stack = fit_stack(members, y, "regression")
    assert stack.weights.sum() == pytest.approx(1, abs=1e-6)
    assert (stack.weights >= 0).all()
    assert stack.weights[0] > stack.weights[1] > stack.weights[2]
    error = np.sqrt(np.mean((stack.mean(members) - y) ** 2))
    assert error < np.sqrt(np.mean((members[:, 0] - y) ** 2))


def test_members_that_agree_share_alike() -> None:
    members, y = _members()
    stack = fit_stack(members[:, [0, 0]], y, "regression")
    assert_allclose(stack.weights, 0.5, atol=1e-3)


def test_labels_far_apart_do_not_even_out_the_weights() -> None:
    members, y = _members()
    expected = fit_stack(members, y, "regression")
    far = np.where(np.arange(len(y)) % 2, 50.0, -50.0)
    found = fit_stack(members + far[:, None], y + far, "regression")
    assert_allclose(found.weights, expected.weights, atol=1e-3)
    tenfold = fit_stack(10 * members, 10 * y, "regression")
    assert_allclose(tenfold.weights, expected.weights, atol=1e-4)


def test_compounds_that_a_member_did_not_leave_out_are_passed_over() -> None:
    members, y = _members()
    holes = members.copy()
    holes[::2, 1] = np.nan
    expected = fit_stack(members[1::2], y[1::2], "regression")
    assert_allclose(fit_stack(holes, y, "regression").weights, expected.weights)


def test_log_odds_of_classes_are_weighed_and_centered() -> None:
    rng = np.random.default_rng(1)
    odds = rng.normal(size=4000)
    y = (rng.random(4000) < 1 / (1 + np.exp(-(2 * odds - 1)))).astype(float)
    members = np.stack([1 / (1 + np.exp(-odds)), rng.random(4000)], axis=1)
    stack = fit_stack(members, y, "classification")
    assert 1.2 < stack.weights[0] < 2  # pulled from 2 towards a half
    assert stack.weights[1] < 0.1
    assert stack.intercept == pytest.approx(-1, abs=0.3)
    found = stack.mean(members)
    assert found.min() > 0
    assert found.max() < 1
    assert found.mean() == pytest.approx(y.mean(), abs=0.02)


def test_the_spread_joins_own_and_between() -> None:
    stack = Stack(np.array([0.5, 0.5]), 0.0, "regression")
    members = np.array([[5.0, 7.0], [6.0, 6.0]])
    assert_allclose(stack.std(members, np.zeros((2, 2))), [1, 0])
    # a member that knows no spread of its own does not dilute that of one that does
    assert_allclose(stack.std(members, np.array([[2.0, 0], [2.0, 0]])), [np.sqrt(5), 2])


def test_the_spread_of_a_class_is_that_between_members() -> None:
    stack = Stack(np.array([1.0, 1.0]), 0.0, "classification")
    found = stack.std(np.array([[0.2, 0.6]]), np.array([[0.5, 0.5]]))
    assert_allclose(found, [0.2])


def test_nothing_to_learn_from_gives_equal_weights() -> None:
    stack = fit_stack(np.full((4, 2), np.nan), np.ones(4), "regression")
    assert_allclose(stack.weights, 0.5)


def test_near_compounds_go_by_the_process() -> None:
    members = np.array([[1.0, 5.0, 3.0], [1.0, 5.0, 3.0], [1.0, 5.0, 3.0], [1.0, 5.0, 3.0]])
    spread = np.array([0.0, 1.5, 3.0, 9.0])
    found = draw_to_process(members, 1, [0], spread, 2.0)
    assert_allclose(found[:, 0], [5.0, 4.0, 1.0, 1.0])
    assert_array_equal(found[:, 1:], members[:, 1:])
    assert_array_equal(members[:, 0], 1.0)


def test_values_stand_where_no_spread_is_typical() -> None:
    members = np.array([[1.0, 5.0]])
    assert draw_to_process(members, 1, [0], np.zeros(1), np.nan) is members
    assert draw_to_process(members, 1, [0], np.zeros(1), 0.0) is members


def test_what_is_left_out_stays_left_out() -> None:
    members = np.array([[1.0, np.nan], [1.0, 5.0]])
    found = draw_to_process(members, 1, [0], np.array([np.nan, 1.0]), 2.0)
    assert_array_equal(np.isfinite(found), [[False, False], [True, True]])


def _said(task: Task, skill: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """What three members say of 400 compounds; the third knows something of its own, or nothing."""
    rng = np.random.default_rng(seed)
    common, own = rng.normal(size=(2, 400))
    truth = common + skill * own
    members = np.stack([common + 0.3 * rng.normal(size=400) for _ in range(3)], axis=1)
    members[:, 2] += skill * own
    if task == "regression":
        return members, truth + 0.3 * rng.normal(size=400)
    return expit(3 * members), (rng.random(400) < expit(3 * truth)).astype(float)


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_a_member_earns_its_place_by_what_only_it_knows(task: Task) -> None:
    assert earns(*_said(task, 1.0), task, 2)
    # one that says what the others say, with noise of its own, seldom looks better by chance
    copies = 0
    for seed in range(20):
        members, y = _said(task, 0.0, seed)
        noise = 0.1 * np.random.default_rng(seed + 100).normal(size=400)
        twin = (
            members[:, 0] + noise if task == "regression" else expit(logit(members[:, 0]) + noise)
        )
        copies += earns(np.column_stack([members[:, :2], twin]), y, task, 2)
    assert copies <= 6


def test_families_count_as_one_draw() -> None:
    members, y = _said("regression", 0.0)
    own = np.random.default_rng(3).normal(size=400)
    family = np.arange(400) < 150
    y += own * family
    members[:, 2] += np.where(family, own, 0.3 * own)
    assert earns(members, y, "regression", 2)
    # all that it gains, it gains in one family
    assert not earns(members, y, "regression", 2, np.where(family, 0, np.arange(400)))


def test_what_nobody_judged_earns_nothing() -> None:
    members, y = _said("regression", 1.0)
    members[:, 2] = np.nan
    assert not earns(members, y, "regression", 2)
