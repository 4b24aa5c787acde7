"""A card warns of parts that say too little."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hitsieve.assays.splits import Split
from hitsieve.chem.policy import ChemPolicy
from hitsieve.modeling.audits import IN_TWO_GIVEN_PARTS
from hitsieve.modeling.cautions import warnings_of
from hitsieve.modeling.config import CardData
from hitsieve.modeling.evaluate import compare
from hitsieve.modeling.labels import Labels, exact, load_labels

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.registry.card import Metric


@pytest.fixture
def labels(tmp_path: Path, both: Path) -> Labels:
    return load_labels([CardData(card=str(both))], ChemPolicy(), folder=tmp_path)


CALIBRATED: Any = SimpleNamespace(
    intervals=SimpleNamespace(level=0.9, method=("conformal", "none")),
    temperature=SimpleNamespace(method=("none", "fitted")),
)


def _warnings(labels: Labels, split: Split, leaks: dict[str, int] | None = None) -> list[str]:
    counts = {IN_TWO_GIVEN_PARTS: 0} | (leaks or {})
    return warnings_of(labels, split, _metrics(labels, split), [], CALIBRATED, counts)


def _metrics(labels: Labels, split: Split) -> list[Metric]:
    found: list[Metric] = []
    for column, facts in enumerate(labels.facts):
        rows = split.test[exact(labels.matrix, column)[split.test]]
        truth = labels.matrix.y[rows, column].astype(float)
        said = np.random.default_rng(1).random(len(rows))
        found += compare(facts, truth, said, said, 0)
    return found


def _split(labels: Labels, test: np.ndarray) -> Split:
    rest = np.setdiff1d(np.arange(len(labels.matrix)), test)
    return Split(rest[60:], rest[:60], test)


def _of(labels: Labels, kind: int) -> np.ndarray:
    return np.flatnonzero(labels.matrix.y[:, 1] == kind)


def test_a_test_part_too_small_to_promote_by_is_told(labels: Labels) -> None:
    both = np.concatenate([_of(labels, 0)[:10], _of(labels, 1)[:10]])
    found = _warnings(labels, _split(labels, both))
    assert any(
        text.startswith("amine: only 20 test compounds") and "promotion asks for 30" in text
        for text in found
    )
    many = np.concatenate([_of(labels, 0)[:20], _of(labels, 1)[:20]])
    rough = [t for t in _warnings(labels, _split(labels, many)) if t.startswith("amine: only")]
    assert rough == ["amine: only 40 test compounds; the numbers are rough."]


def test_a_test_part_of_one_class_is_told(labels: Labels) -> None:
    found = _warnings(labels, _split(labels, _of(labels, 0)[:40]))
    assert any(text.startswith("amine: all 40 test compounds are of class 0") for text in found)
    assert any(text.startswith("amine: roc_auc, pr_auc of the test part are not") for text in found)
    few = np.concatenate([_of(labels, 0)[:40], _of(labels, 1)[:3]])
    found = _warnings(labels, _split(labels, few))
    assert any("amine: only 3 of 43 test compounds are of class 1" in text for text in found)
    assert any("promotion asks for 5 of each class" in text for text in found)


def test_a_validation_part_of_one_class_is_told(labels: Labels) -> None:
    valid = _of(labels, 1)[:30]
    rest = np.setdiff1d(np.arange(len(labels.matrix)), valid)
    split = Split(rest[60:], valid, rest[:60])
    found = _warnings(labels, split)
    assert any(t.startswith("amine: all 30 validation compounds are of class 1") for t in found)


def test_a_good_division_is_not_warned_of(labels: Labels) -> None:
    order = np.random.default_rng(1).permutation(len(labels.matrix))
    found = _warnings(labels, Split(order[160:], order[:80], order[80:160]))
    assert [t for t in found if "test compounds" in t or "class" in t or "defined" in t] == []
    torn = _warnings(labels, Split(order[160:], order[:80], order[80:160]), {"same_structure": 3})
    assert "3 held-out compounds have a twin in another part (same structure)." in torn
