from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hitsieve.campaign.objective import ObjectiveConfig
from hitsieve.config import parse_config
from hitsieve.errors import ConfigError

LINEAR = {"kind": "linear", "low": 0, "high": 1}
WISHES = [{"target": "a", "weight": 3, "transform": LINEAR}, {"target": "b", "transform": LINEAR}]


def objective(**changes: Any) -> ObjectiveConfig:
    return parse_config(ObjectiveConfig, {"components": WISHES, **changes})


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("geometric_mean", 0.5**1.5), ("mean", 0.25 * 0.75 + 0.25), ("worst", 0.25)],
)
def test_wishes_are_joined_by_weight(kind: str, wanted: float) -> None:
    parts = np.array([[0.25, 1.0], [1.0, 1.0], [np.nan, 1.0]])
    found = objective(aggregate=kind).join(parts)
    assert found[:2] == pytest.approx([wanted, 1.0])
    assert np.isnan(found[2])


def test_pareto_counts_by_the_geometric_mean_unless_looked_at_from_a_side() -> None:
    one, parts = objective(aggregate="pareto"), np.array([[0.25, 1.0], [1.0, 0.25]])
    assert one.join(parts) == pytest.approx(objective().join(parts))
    # Weights make the first wish count even from the middle.
    seen = one.join(parts, (0.5, 0.5))
    assert seen[0] < seen[1]
    assert one.join(np.ones((1, 2)), (0.2, 0.8)) == pytest.approx([1.0])


def test_directions_are_many_and_the_same_in_every_run() -> None:
    one = objective(aggregate="pareto", directions=5)
    drawn = one.drawn(3)
    assert drawn == one.drawn(3) != one.drawn(4)
    assert len(set(drawn)) == 5
    assert all(min(way) > 0 and sum(way) == pytest.approx(1) for way in drawn)
    assert objective().drawn(3) == ()


def test_how_often_one_looks_around_decides_picks_only_where_one_does() -> None:
    assert objective(directions=5).settings == objective().settings
    around = objective(aggregate="pareto")
    few = objective(aggregate="pareto", directions=5)
    assert few.settings != around.settings
    assert few.wishes == around.wishes


def test_wishes_have_names() -> None:
    twice = [*WISHES, {"target": "a", "transform": LINEAR}]
    twice.append({"property": "clogp", "transform": LINEAR})
    found = objective(components=twice)
    assert found.names == ["a 1", "b", "a 2", "clogp"]
    assert found.targets == ["a", "b"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"components": []}, "at least 1"),
        ({"components": [{"property": "clogp", "transform": LINEAR}]}, "nothing would be measured"),
        ({"components": [{"property": "logp", "transform": LINEAR}]}, "'logp' is none of"),
        ({"components": [{"transform": LINEAR}]}, "either `target` or `property`"),
        ({"directions": 0}, "directions = 0"),
    ],
)
def test_impossible_wishes_are_named(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        objective(**wrong)
