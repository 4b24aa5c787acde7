"""The same model under several ways of dividing: which are trained, judged, named and missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.chem.fingerprints import morgan_from_smiles
from hitsieve.chem.policy import ChemPolicy
from hitsieve.errors import DatasetError
from hitsieve.metrics.regression import rmse
from hitsieve.modeling import side_by_side
from hitsieve.modeling.config import CardData, SplitConfig
from hitsieve.modeling.evaluate import compare
from hitsieve.modeling.labels import Labels, load_labels
from hitsieve.modeling.parts import divide
from hitsieve.modeling.side_by_side import KINDS, compare_splits
from hitsieve.scoring.protocol import Prediction

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.assays.splits import Split
    from hitsieve.modeling.config import Recipe, TrainConfig
    from hitsieve.registry.card import Metric


@pytest.fixture(autouse=True)
def _few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hitsieve.modeling.evaluate.RESAMPLES", 10)


@pytest.fixture
def labels(tmp_path: Path, both: Path) -> Labels:
    return load_labels([CardData(card=str(both))], ChemPolicy(), folder=tmp_path)


@pytest.fixture
def morgan(labels: Labels) -> np.ndarray:
    return np.asarray(morgan_from_smiles(labels.matrix.smiles))


def _trainer(labels: Labels, seen: list[Split]) -> Callable[[Split], tuple[Prediction, Prediction]]:
    """Train models that are off by 0.1 and 0.4 of a unit, with chances to match."""
    truth = np.nan_to_num(labels.matrix.y, nan=5.0)
    classes = np.array([facts.task == "classification" for facts in labels.facts])

    def train(split: Split) -> tuple[Prediction, Prediction]:
        seen.append(split)
        made = [
            np.where(classes, np.clip(truth, off, 1 - off), truth + off).astype(np.float32)
            for off in (0.1, 0.4)
        ]
        return Prediction(made[0], made[0]), Prediction(made[1], made[1])

    return train


def _main(labels: Labels) -> list[Metric]:
    truth = np.arange(20.0)
    return compare(labels.facts[0], truth, truth + 0.5, truth + 1, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_the_asked_kind_is_not_trained_again(
    config: TrainConfig, labels: Labels, morgan: np.ndarray, kind: str
) -> None:
    asked = config.model_copy(update={"split": SplitConfig.model_validate({"kind": kind})})
    seen: list[Split] = []
    found, missing = compare_splits(asked, labels, morgan, _main(labels), _trainer(labels, seen))
    assert missing == ()
    others = [one for one in KINDS if one != kind]
    expected = [
        divide(labels, SplitConfig.model_validate({"kind": one}), morgan, config.seed).labels()
        for one in others
    ]
    assert [split.labels() for split in seen] == expected
    assert list(dict.fromkeys(m.split for m in found)) == list(KINDS), "always in this order"
    own = [m for m in found if m.split == kind]
    assert [(m.metric, m.network) for m in own] == [(m.metric, m.network) for m in _main(labels)]


def test_each_kind_is_judged_on_its_own_test_part(
    config: TrainConfig, labels: Labels, morgan: np.ndarray
) -> None:
    labels.matrix.relation[:, 0] = np.where(np.arange(len(labels.matrix)) % 9 == 0, 1, 0)
    seen: list[Split] = []
    found, _ = compare_splits(config, labels, morgan, [], _trainer(labels, seen))
    scaffold, cluster = seen
    for split, kind in ((scaffold, "scaffold"), (cluster, "cluster")):
        measured = {(m.target, m.metric): m for m in found if m.split == kind}
        error = measured["potency", "rmse"]
        y = labels.matrix.y[split.test, 0]
        exact = ~np.isnan(y) & (labels.matrix.relation[split.test, 0] == 0)
        assert error.compounds == int(exact.sum()), "bounds are not judged by"
        assert error.network.value == pytest.approx(rmse(y[exact], y[exact] + 0.1), abs=1e-4)
        assert error.baseline.value == pytest.approx(0.4, abs=1e-4)
        classes = set(labels.matrix.y[split.test, 1].tolist())
        assert measured["amine", "roc_auc"].network.value == (1.0 if len(classes) == 2 else None)


def test_probabilities_are_taken_as_the_training_calibrated_them(
    config: TrainConfig, labels: Labels, morgan: np.ndarray
) -> None:
    found, _ = compare_splits(config, labels, morgan, [], _trainer(labels, []))
    brier = next(m for m in found if (m.split, m.metric) == ("cluster", "brier"))
    assert brier.network.value is not None
    assert brier.network.value == pytest.approx(0.1**2, abs=1e-3)
    assert brier.baseline.value == pytest.approx(0.4**2, abs=1e-3), "the forest as it is"


def test_a_kind_that_cannot_be_is_told_and_not_trained(
    config: TrainConfig, labels: Labels, morgan: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(asked: Labels, split: Split, _: Recipe) -> Split:
        if split.method == "cluster":
            raise DatasetError("the test part is too small", cure="measure")
        assert asked is labels
        return split

    monkeypatch.setattr(side_by_side, "learned_parts", refuse)
    seen: list[Split] = []
    found, missing = compare_splits(config, labels, morgan, [], _trainer(labels, seen))
    assert [split.method for split in seen] == ["scaffold"]
    assert missing == ("No cluster split to compare with: the test part is too small.",)
    assert {m.split for m in found} == {"scaffold"}


def test_a_fourth_kind_stands_last(config: TrainConfig, labels: Labels, morgan: np.ndarray) -> None:
    given = config.model_copy(update={"split": SplitConfig(kind="column")})
    found, _ = compare_splits(given, labels, morgan, _main(labels), _trainer(labels, []))
    assert list(dict.fromkeys(m.split for m in found)) == [*KINDS, "column"]
