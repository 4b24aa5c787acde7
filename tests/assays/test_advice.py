"""Labels that want another form are told of, and others left alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.assays.advice import advice

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        (np.empty(0), "pX"),
        (np.full(20, 3.0), "pX"),  # one value is refused elsewhere
        (RNG.normal(7, 1.2, 300), "pX"),
        (RNG.uniform(1, 100, 300), "%"),
        (RNG.normal(0, 40, 300), "%"),
        (-(10 ** RNG.uniform(-9, -4, 300)), "kcal/mol"),
        (np.r_[0.0, 10 ** RNG.uniform(0, 4, 300)], "nM"),  # 0 has no logarithm
        (10 ** RNG.uniform(0, 1.2, 300), "nM"),
    ],
)
def test_labels_that_can_be_learned_are_left_alone(values: np.ndarray, unit: str) -> None:
    assert advice(values, unit) == ""


@pytest.mark.parametrize(
    ("unit", "way"),
    [
        ("nM", "(`transform: nM_to_pX`, `unit: pX` and"),
        ("umol/L", "(`transform: uM_to_pX`, `unit: pX` and"),
        ("\u00b5mol/L", "(`transform: uM_to_pX`, `unit: pX` and"),
        ("mL/min/g", "(`transform: log10` and"),
    ],
)
def test_values_over_decades_want_their_logarithm(unit: str, way: str) -> None:
    told = advice(10 ** RNG.uniform(0, 4, 300), unit)
    assert told.startswith("the labels spread over 3.")
    assert way in told
    assert f" {unit}, median " in told


def test_concentrations_that_pass_for_potencies_are_told_of() -> None:
    told = advice(10 ** RNG.uniform(-3, 1, 300), "pX")
    assert told.startswith("the labels crowd at the low end of several powers of ten (0.001")
    assert "`transform: uM_to_pX`" in told
    assert "log10" not in told


def test_a_logarithm_taken_twice_is_told_of() -> None:
    told = advice(9 - np.log10(RNG.uniform(5, 10, 300)), "pX")
    assert told.startswith("nine tenths of the labels lie within 0.5 (8")
    assert "take the transform out" in told
    assert advice(9 - np.log10(RNG.uniform(5, 10, 19)), "pX") == ""


@given(st.sampled_from([(0.0, 1.0), (1.0, 2.0), (-1.0, 1.0)]), st.integers(2, 30))
def test_two_values_are_classes(pair: tuple[float, float], times: int) -> None:
    told = advice(np.tile(pair, times), "1")
    assert told.startswith(f"the labels are {pair[0]:g} and {pair[1]:g} alone; learn classes")
