from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from hitsieve.monitor.comparison import Comparison, compare
from hitsieve.monitor.former import against_former, former_is_better
from hitsieve.registry.bundle import read_bundle
from hitsieve.registry.registry import Registry
from hitsieve.screen.scores import Scores

if TYPE_CHECKING:
    from pathlib import Path

Make = Callable[..., pa.Table]


def test_a_clearly_better_former_model_is_told_from_noise() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(6, 1, 60)
    bad, good = truth + rng.normal(size=60), truth + 0.2 * rng.normal(size=60)
    better, text = former_is_better(truth, bad, good)
    assert better
    assert "rmse of the present model minus that of the former: +" in text
    assert "60 compounds" in text
    assert not former_is_better(truth, good, bad)[0]
    assert not former_is_better(truth, bad, bad)[0]
    assert not former_is_better(truth[:10], bad[:10], good[:10])[0]  # too few to say


def test_classes_are_compared_by_brier_score() -> None:
    truth = np.tile([0.0, 1.0], 50)
    sharp, blunt = np.tile([0.1, 0.9], 50), np.full(100, 0.5)
    better, text = former_is_better(truth, blunt, sharp, task="classification")
    assert better
    assert text.startswith("Brier score of the present model minus that of the former: +0.24")
    assert not former_is_better(truth, sharp, blunt, task="classification")[0]


@pytest.fixture
def favoring_the_former(in_use: Any, make_labels: Make) -> Comparison:
    """What the present version foretold for all compounds, and values as the former foretold."""
    rows = Scores.open(in_use.screens[1], "potency").top(1000)
    names = rows["compound_id"].to_pylist()
    known = read_bundle(in_use.registry.root / "small" / "1").contents.training
    smiles = dict(zip(known["compound_id"].to_pylist(), known["smiles"].to_pylist(), strict=True))
    named = [name for name in names if name in smiles]
    values = dict(zip(names, rows["score"].to_pylist(), strict=True))
    labels = make_labels(
        {name: values[name] for name in named}, smiles=[smiles[name] for name in named]
    )
    return compare(labels, Scores.open(in_use.screens[2], "potency").top(1000), "T")


def test_compounds_the_former_model_learned_from_do_not_speak_for_it(
    in_use: Any, favoring_the_former: Comparison
) -> None:
    found = Comparison("potency", favoring_the_former.rows, favoring_the_former.counts)
    # Of 168 compounds of the data set it learned from 134, and was tested on the others.
    assert found.counts.compared == 168
    better, text = against_former(in_use.registry, "small@2", found)
    assert better
    assert text.startswith("small@1 predicts them better")
    assert text.endswith("on 34 compounds")


def test_only_a_champion_is_held_against_its_former(
    in_use: Any, favoring_the_former: Comparison, tmp_path: Path
) -> None:
    found = Comparison("potency", favoring_the_former.rows, favoring_the_former.counts)
    # Version 1 was champion before; version 2 came after it, and nothing can be rolled back to.
    assert against_former(in_use.registry, "small@1", found) == (False, "")
    assert against_former(Registry(tmp_path), "small@2", found) == (False, "")
    # Rolled back already: version 2 is no champion any more.
    shutil.copytree(in_use.registry.root, tmp_path / "models")
    back = Registry(tmp_path / "models")
    back.set_alias("small", "champion", 1)
    assert against_former(back, "small@2", found) == (False, "")
    other = Comparison("T", found.rows, found.counts)
    assert against_former(in_use.registry, "small@2", other) == (False, "")
