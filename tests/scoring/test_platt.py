"""Sigmoids fitted to decision values."""

from __future__ import annotations

import numpy as np
import pytest

from hitsieve.scoring.platt import fit_sigmoid


def test_a_known_sigmoid_is_found() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(3, 2, 20_000)
    truth = rng.random(20_000) < 1 / (1 + np.exp(-(1.5 * values - 4)))
    found = fit_sigmoid(values, truth.astype(float))
    assert found.slope == pytest.approx(1.5, rel=0.05)
    assert found.intercept == pytest.approx(-4, rel=0.05)


def test_separated_classes_give_no_certainty() -> None:
    values = np.array([-2.0, -1.0, 1.0, 2.0])
    found = fit_sigmoid(values, (values > 0).astype(float))(values)
    assert (np.diff(found) > 0).all()
    assert found[0] > 0.05
    assert found[-1] < 0.95


def test_values_that_tell_the_wrong_way_are_ignored() -> None:
    values = np.linspace(-1, 1, 50)
    found = fit_sigmoid(values, (values < 0).astype(float))
    assert found.slope == pytest.approx(0, abs=1e-6)
