"""The parts of a training: divided as asked, without the compounds that judge every version."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.chem.fingerprints import morgan_from_smiles
from hitsieve.chem.policy import ChemPolicy
from hitsieve.errors import DatasetError
from hitsieve.modeling.config import CardData, SplitConfig
from hitsieve.modeling.division import division
from hitsieve.modeling.frozen import FrozenSet
from hitsieve.modeling.labels import Labels, load_labels
from hitsieve.modeling.parts import divide

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.modeling.config import TrainConfig
    from hitsieve.registry.registry import Registry


@pytest.fixture
def labels(tmp_path: Path, both: Path) -> Labels:
    return load_labels([CardData(card=str(both))], ChemPolicy(), folder=tmp_path)


@pytest.fixture
def morgan(labels: Labels) -> np.ndarray:
    return np.asarray(morgan_from_smiles(labels.matrix.smiles))


def test_a_model_without_a_champion_is_divided_as_asked(
    config: TrainConfig, labels: Labels, morgan: np.ndarray
) -> None:
    found = division(config, labels, morgan)
    assert found.labels() == divide(labels, config.split, morgan, config.seed).labels()


def test_the_frozen_test_set_is_held_out_of_that_model_alone(
    config: TrainConfig, labels: Labels, morgan: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = divide(labels, config.split, morgan, config.seed)
    chosen = [*plain.train[:5], *plain.valid[:2]]
    matrix = labels.matrix.take(np.array(chosen))
    frozen = FrozenSet(tuple(matrix.compound_ids), tuple(matrix.smiles), ("potency",), matrix.y)
    asked: list[str] = []

    def verified(_registry: Registry, name: str) -> FrozenSet | None:
        asked.append(name)
        return frozen if name == "small" else None

    monkeypatch.setattr("hitsieve.modeling.division.verified_frozen", verified)
    held = division(config, labels, morgan)
    assert set(held.test.tolist()) == set(plain.test.tolist()) | {int(row) for row in chosen}
    assert set(held.train.tolist()) == set(plain.train[5:].tolist())
    other = config.model_copy(update={"name": "other"})
    assert division(other, labels, morgan).labels() == plain.labels()
    assert asked == ["small", "other"]


def test_parts_too_small_to_judge_are_refused(
    config: TrainConfig, labels: Labels, morgan: np.ndarray
) -> None:
    tiny = SplitConfig(kind="random", fractions=(0.97, 0.02, 0.01))
    with pytest.raises(DatasetError, match="at least 5 measured ones are needed"):
        division(config.model_copy(update={"split": tiny}), labels, morgan)
