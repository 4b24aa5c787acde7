"""What a test set must hold before anything is judged by it."""

from __future__ import annotations

import re

import numpy as np
import pytest

from hitsieve.modeling.config import PromotionConfig
from hitsieve.modeling.frozen import FrozenSet
from hitsieve.modeling.gates import Gate, evidence_gate
from hitsieve.registry.config import TargetConfig


def _target(task: str, name: str = "t") -> TargetConfig:
    return TargetConfig.model_validate(
        {
            "name": name,
            "endpoint": "active",
            "unit": "class",
            "direction": "higher",
            "task": task,
            "mean": 0.0,
            "std": 1.0,
        }
    )


def _gate(
    task: str, y: list[float], *, mean: np.ndarray | None = None, frozen: bool = False
) -> Gate:
    names = tuple(f"c{place}" for place in range(len(y)))
    judged = FrozenSet(names, names, ("t",), np.array(y, dtype=np.float64)[:, None])
    said = np.zeros((len(y), 1)) if mean is None else mean[:, None]
    return evidence_gate([_target(task)], judged, said, PromotionConfig(), frozen=frozen)


def test_enough_compounds_of_each_class_pass() -> None:
    assert _gate("classification", [1] * 5 + [0] * 25).passed
    assert _gate("classification", [0] * 5 + [1] * 25).passed
    assert _gate("regression", [float(n) for n in range(30)]).passed


@pytest.mark.parametrize(
    ("task", "y", "told"),
    [
        ("regression", [float(n) for n in range(29)], "t: 29 measured test compounds, at least 30"),
        ("classification", [0] * 13, "t: 13 measured test compounds, at least 30"),
        ("classification", [0] * 40, "t: 0 of 40 measured test compounds are of class 1"),
        ("classification", [1] * 40, "t: 0 of 40 measured test compounds are of class 0"),
        ("classification", [1] * 4 + [0] * 36, "4 of 40 .* class 1, at least 5 of each class"),
        ("regression", [5.0] * 40, "t: all 40 measured test compounds have the value 5"),
        ("regression", [float("nan")] * 40, "t: no compound of the test set is measured"),
        ("regression", [], "t: no compound of the test set is measured"),
    ],
)
def test_too_little_to_judge_by_names_target_number_and_cure(
    task: str, y: list[float], told: str
) -> None:
    gate = _gate(task, y)
    assert not gate.passed
    assert re.search(told, gate.finding), gate.finding
    assert "--min-test" in gate.cure


def test_values_that_were_not_predicted_do_not_count() -> None:
    mean = np.where(np.arange(40) < 25, 0.0, np.nan)
    gate = _gate("regression", [float(n) for n in range(40)], mean=mean)
    assert gate.finding.startswith("t: 25 of 40 measured test compounds with a prediction")


def test_a_target_that_the_frozen_set_lacks_needs_a_name_of_its_own() -> None:
    judged = FrozenSet(("a",) * 40, ("a",) * 40, ("t",), np.arange(40.0)[:, None])
    targets = [_target("regression"), _target("regression", "new")]
    gate = evidence_gate(targets, judged, np.zeros((40, 2)), PromotionConfig(), frozen=True)
    assert gate.finding == "new: no compound of the test set is measured on it."
    assert "another name" in gate.cure
