from __future__ import annotations

import numpy as np
import pytest

from hitsieve.campaign.reagents.effects import Effects, Tables

SIZES = (20, 25, 15)


def _world(seed: int = 1) -> tuple[list[np.ndarray], Tables]:
    rng = np.random.default_rng(seed)
    coordinates = [rng.standard_normal((n, 6)) / np.arange(1, 7) for n in SIZES]
    single = tuple(
        c @ rng.standard_normal(6) + 0.3 * rng.standard_normal(len(c)) for c in coordinates
    )
    pairs = [(0, 1), (0, 2), (1, 2)]
    left = tuple(0.5 * coordinates[r] @ rng.standard_normal((6, 6)) for r, _ in pairs)
    return coordinates, Tables(single, left, tuple(coordinates[s] for _, s in pairs))


def _choices(n: int, seed: int = 2) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.stack([rng.integers(0, size, n) for size in SIZES], axis=1)


def test_effects_are_found() -> None:
    coordinates, truth = _world()
    choices, others = _choices(800), _choices(500, seed=9)
    noise = 0.1 * np.random.default_rng(4).standard_normal(800)
    effects = Effects(coordinates, choices, truth.of(choices) + noise)
    foretold, real = effects.expected().of(others), truth.of(others)
    assert np.corrcoef(foretold, real)[0, 1] > 0.98
    assert effects.noise * effects.width**2 == pytest.approx(0.01, rel=0.3)


def test_draws_spread_as_wide_as_errors() -> None:
    coordinates, truth = _world()
    choices, others = _choices(120), _choices(400, seed=9)
    noise = 0.1 * np.random.default_rng(4).standard_normal(120)
    effects = Effects(coordinates, choices, truth.of(choices) + noise)
    rng = np.random.default_rng(5)
    drawn = np.array([effects.draw(rng).of(others) for _ in range(100)])
    error = effects.expected().of(others) - truth.of(others)
    z = error / drawn.std(axis=0)
    assert 0.6 < z.std() < 1.6


def test_a_reagent_that_was_never_tried_borrows_from_similar_ones() -> None:
    coordinates, _ = _world()
    coordinates[0][1] = coordinates[0][0]
    single = tuple(c[:, 0] * 3 for c in coordinates)
    truth = Tables(single, (np.zeros((20, 1)),) * 3, (np.zeros((25, 1)),) * 3)
    choices = _choices(400)
    choices = choices[choices[:, 0] != 1]
    values = sum(single[role][choices[:, role]] for role in range(3))
    found = Effects(coordinates, choices, np.asarray(values)).expected().single[0]
    assert found[1] == pytest.approx(found[0], abs=0.2)
    assert truth.single[0][1] == truth.single[0][0]


def test_pairs_are_the_same_from_both_sides() -> None:
    _, truth = _world()
    one = truth.pair(0, 2, np.arange(3), np.arange(4))
    np.testing.assert_array_equal(one, truth.pair(2, 0, np.arange(4), np.arange(3)).T)


def test_equal_values_teach_nothing_and_break_nothing() -> None:
    coordinates, _ = _world()
    choices = _choices(50)
    effects = Effects(coordinates, choices, np.full(50, 2.0))
    np.testing.assert_allclose(effects.expected().of(choices), 2.0, atol=1e-6)


def test_what_is_foretold_is_what_is_expected_and_how_far_it_is_off() -> None:
    coordinates, truth = _world()
    choices, others = _choices(300), _choices(400, seed=9)
    noise = 0.5 * np.random.default_rng(4).standard_normal(700)
    effects = Effects(coordinates, choices, truth.of(choices) + noise[:300])
    mean, std = effects.foretell(others)
    np.testing.assert_allclose(mean, effects.expected().of(others), rtol=1e-9)
    z = (truth.of(others) + noise[300:] - mean) / std
    assert 0.85 < z.std() < 1.15


def test_left_out_is_what_learning_without_it_gives() -> None:
    coordinates, truth = _world()
    choices = _choices(90)
    values = truth.of(choices) + np.random.default_rng(4).standard_normal(90)
    effects = Effects(coordinates, choices, values)
    design, _ = effects._design(choices)
    y = (values - effects.center) / effects.width
    lower = np.tril(effects._factor[0])
    told = effects.left_out(choices, values)
    for row in (0, 41, 89):
        x = design[row]
        precision = lower @ lower.T - np.outer(x, x) / effects.noise
        moment = (design.T @ y - x * y[row]) / effects.noise
        alone = x @ np.linalg.solve(precision, moment) * effects.width + effects.center
        assert told[row] == pytest.approx(alone)
