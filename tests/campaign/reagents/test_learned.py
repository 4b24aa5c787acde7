from __future__ import annotations

import json

import numpy as np
import pytest

from hitsieve.campaign.reagents.learned import Learned

SIZES = (20, 25)


def _world(n: int, seed: int = 1) -> tuple[list[list[np.ndarray]], np.ndarray]:
    """Two reactions; the second has 3 roles. Returns coordinates, and choices (n, 4)."""
    rng = np.random.default_rng(seed)
    coordinates = [
        [rng.standard_normal((size, 5)) for size in sizes] for sizes in (SIZES, (12, 9, 7))
    ]
    rows = []
    for _ in range(n):
        block = int(rng.integers(2))
        places = [int(rng.integers(len(part))) for part in coordinates[block]]
        rows.append([block, *places, *[-1] * (3 - len(places))])
    return coordinates, np.array(rows)


def _truth(coordinates: list[list[np.ndarray]], choices: np.ndarray) -> np.ndarray:
    return np.array(
        [
            10 * row[0] + sum(coordinates[row[0]][role][place, 0] for role, place in
                              enumerate(row[1 : 1 + len(coordinates[row[0]])]))
            for row in choices
        ]
    )  # fmt: skip


@pytest.fixture(scope="module")
def learned() -> tuple[Learned, np.ndarray, np.ndarray]:
    coordinates, choices = _world(600)
    truth = _truth(coordinates, choices)
    values = truth + 0.3 * np.random.default_rng(5).standard_normal(len(truth))
    return Learned(coordinates, choices[:300], values[:300]), choices[300:], values[300:]


def test_reactions_are_foretold_together(
    learned: tuple[Learned, np.ndarray, np.ndarray],
) -> None:
    model, choices, values = learned
    mean, std = model.foretell(choices)
    assert np.corrcoef(mean, values)[0, 1] > 0.98
    z = (values - mean) / std
    assert 0.8 < z.std() < 1.2
    np.testing.assert_allclose(model.foretold(choices), mean, rtol=1e-9)


def test_skill_on_left_out_products_is_that_on_new_ones(
    learned: tuple[Learned, np.ndarray, np.ndarray],
) -> None:
    model, choices, values = learned
    told = model.skills(seed=3)
    assert told["labels"] == 300
    skill = told["skills"][told["chosen"]]
    real = np.sqrt(np.mean((model.foretold(choices) - values) ** 2))
    assert skill["rmse"] == pytest.approx(real, rel=0.25)
    assert skill["spearman"] > 0.9
    json.dumps(told, allow_nan=False)


def test_of_a_reaction_that_was_hardly_measured_nothing_is_said() -> None:
    coordinates, choices = _world(60)
    only = choices[choices[:, 0] == 0]
    model = Learned(coordinates, only, _truth(coordinates, only))
    mean, std = model.foretell(choices)
    assert np.isnan(mean[choices[:, 0] == 1]).all()
    assert np.isnan(std[choices[:, 0] == 1]).all()
    assert np.isfinite(mean[choices[:, 0] == 0]).all()
    assert list(model.expected()) == [0]
    assert model
    assert not Learned(coordinates, only[:2], np.zeros(2))


def test_equal_values_are_no_skill() -> None:
    coordinates, choices = _world(60)
    told = Learned(coordinates, choices, np.full(60, 3.0)).skills(seed=1)
    assert told["skills"]["effects"]["spearman"] == 0.0
