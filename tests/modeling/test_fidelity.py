from __future__ import annotations

import numpy as np
import pytest

from hitsieve.modeling.fidelity import READ, measure_fidelity
from hitsieve.registry.config import TargetConfig


def target(name: str, direction: str) -> TargetConfig:
    return TargetConfig.model_validate(
        {"name": name, "endpoint": "e", "unit": "u", "direction": direction, "task": "regression"}
    )


TARGETS = (target("up", "higher"), target("down", "lower"))


def test_an_exact_student_finds_everything() -> None:
    values = np.random.default_rng(0).normal(size=(400, 2))
    found = measure_fidelity(TARGETS, values, values, seed=0)
    assert [f.target for f in found] == ["up"] * 4 + ["down"] * 4
    assert all(f.student.value == pytest.approx(1.0) for f in found)
    assert all(f.compounds == 400 for f in found)


def test_the_top_is_where_the_direction_points() -> None:
    rng = np.random.default_rng(1)
    teacher = rng.normal(size=(1000, 2))
    student = teacher.copy()
    high = teacher > 1.0
    student[high] = rng.permutation(student[high])  # only the high end is confused
    found = {
        (f.target, f.measure): f.student for f in measure_fidelity(TARGETS, student, teacher, 0)
    }
    first = f"recall of the best 1% in the best {READ[0]:.0%}"
    up, down = found["up", first], found["down", first]
    assert down.value == 1.0
    assert up.value is not None
    assert up.value < 0.5
    assert up.low is not None
    assert up.high is not None
    assert up.low <= up.value <= up.high


def test_a_blind_student_finds_what_chance_finds() -> None:
    teacher = np.random.default_rng(2).normal(size=(500, 1))
    found = measure_fidelity(TARGETS[:1], np.zeros((500, 1)), teacher, seed=0)
    recalls = [f.student.value for f in found if "recall" in f.measure]
    assert recalls == pytest.approx(list(READ))
