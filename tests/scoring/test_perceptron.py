from __future__ import annotations

import numpy as np
import pytest

from hitsieve.scoring.perceptron import PerceptronConfig, fit_perceptron

RNG = np.random.default_rng(4)
TABLE = (RNG.random((300, 40)) < 0.3).astype(np.float32)
Y = TABLE[:, 0] * 2.0 - TABLE[:, 1] * TABLE[:, 2] + 5
CONFIG = PerceptronConfig(hidden=32, epochs=1, least_steps=600, learning_rate=5e-3, dropout=0.0)


def test_it_learns_what_a_line_cannot() -> None:
    said = fit_perceptron(TABLE[:200], Y[:200], CONFIG, 1)(TABLE[200:])
    assert np.mean((said - Y[200:]) ** 2) < 0.25 * Y.var()


def test_equal_seeds_give_equal_bytes() -> None:
    one, same, other = (fit_perceptron(TABLE, Y, CONFIG, seed) for seed in (1, 1, 2))
    for a, b in zip(one.weights + one.biases, same.weights + same.biases, strict=True):
        assert a.tobytes() == b.tobytes()
    assert other.weights[0].tobytes() != one.weights[0].tobytes()


def test_rows_do_not_depend_on_each_other() -> None:
    model = fit_perceptron(TABLE, Y, CONFIG, 1)
    assert model(TABLE[5:7]) == pytest.approx(model(TABLE)[5:7], abs=1e-4)


def test_going_on_begins_where_the_former_ended() -> None:
    former = fit_perceptron(TABLE, Y, CONFIG, 1)
    short = CONFIG.model_copy(update={"least_steps": 1, "learning_rate": 1e-5})
    tuned = fit_perceptron(TABLE, Y, short, 2, former)
    fresh = fit_perceptron(TABLE, Y, short, 2)
    assert np.mean((tuned(TABLE) - Y) ** 2) < 0.2 * np.mean((fresh(TABLE) - Y) ** 2)


def test_constant_labels_are_kept() -> None:
    model = fit_perceptron(TABLE, np.full(300, 3.0), CONFIG, 1)
    assert model(TABLE) == pytest.approx(np.full(300, 3.0), abs=1.0)
