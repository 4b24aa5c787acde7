from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.assays.splits import random_split
from hitsieve.chem.fingerprints import morgan_from_smiles
from hitsieve.chem.policy import ChemPolicy
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.modeling.calibrated import Calibrated, calibrate
from hitsieve.modeling.config import CardData
from hitsieve.modeling.labels import load_labels
from hitsieve.modeling.unseen import Views, validation_part
from hitsieve.scoring.protocol import Prediction

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.assays.splits import Split
    from hitsieve.modeling.labels import Labels


def _calibrate(labels: Labels, split: Split, prediction: Prediction) -> Calibrated:
    smiles = labels.matrix.smiles
    views = Views(np.asarray(morgan_from_smiles(smiles)), PackedGraphs.from_smiles(smiles))
    unseen = validation_part(split, prediction, views)
    return calibrate(labels, unseen, views.take(split.train), 0.9)


def test_each_task_gets_its_own_calibration_from_the_validation_part(
    tmp_path: Path, both: Path
) -> None:
    labels = load_labels([CardData(card=str(both))], ChemPolicy(), folder=tmp_path)
    split = random_split(len(labels.matrix), (0.4, 0.4, 0.2), seed=1)
    noise = np.random.default_rng(1).normal(size=len(labels.matrix))
    potency = np.nan_to_num(labels.matrix.y[:, 0]) + noise
    certain = np.where(noise > 0.6, 1 - labels.matrix.y[:, 1], labels.matrix.y[:, 1])
    mean = np.stack([potency, np.clip(certain, 0.001, 0.999)], axis=1).astype(np.float32)
    prediction = Prediction(mean, np.full_like(mean, 0.1))
    found = _calibrate(labels, split, prediction)
    assert found.intervals.method == ("conformal", "none")
    assert found.temperature.method == ("none", "fitted")
    assert found.temperature.temperature[0] == 1
    assert found.temperature.temperature[1] > 1.5  # overconfident predictions are cooled
    lower, upper = found.intervals.interval(mean, prediction.std)
    half = (upper - lower)[:, 0] / 2
    assert half.mean() == pytest.approx(1.64, rel=0.35)  # of standard normal noise
    assert len(found.domain.fingerprint.training) == len(split.train)
    assert found.domain.embedding is None
    assert found.domain.seen is not None
    assert (found.compounds, found.fit.held_out) == (len(split.valid), len(split.valid))
    below, above = found.probabilities.bounds(mean.clip(0, 1))
    assert np.isnan(below[:, 0]).all()
    assert (below[:, 1] < above[:, 1]).all()
    assert json.loads(json.dumps(found.to_json(), allow_nan=False)) == found.to_json()


def test_bounds_and_test_labels_do_not_count(tmp_path: Path, both: Path) -> None:
    labels = load_labels([CardData(card=str(both))], ChemPolicy(), folder=tmp_path)
    split = random_split(len(labels.matrix), (0.4, 0.4, 0.2), seed=1)
    mean = np.nan_to_num(labels.matrix.y).clip(0, 1).astype(np.float32)
    prediction = Prediction(mean, np.full_like(mean, 0.1))
    before = _calibrate(labels, split, prediction)
    labels.matrix.y[split.test] = 1
    known = np.flatnonzero(~np.isnan(labels.matrix.y[:, 0]))
    bound = np.intersect1d(known, split.valid)[0]
    labels.matrix.relation[bound, 0] = 1
    after = _calibrate(labels, split, prediction)
    assert after.intervals.count[0] == before.intervals.count[0] - 1
    assert after.temperature.temperature.tolist() == before.temperature.temperature.tolist()
