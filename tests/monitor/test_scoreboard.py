from __future__ import annotations

import json
import math
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest

from hitsieve.errors import InputError
from hitsieve.metrics.classification import brier, ece, roc_auc
from hitsieve.monitor.comparison import compare
from hitsieve.monitor.scoreboard import ClassScores, ValueScores, prospective

Make = Callable[..., pa.Table]


def test_errors_of_values(make_labels: Make, make_scores: Make) -> None:
    labels = make_labels({"a": 5.0, "b": 7.0, "x": 9.0})
    found = prospective(compare(labels, make_scores({"b": 7.5, "c": 1.0, "a": 3.0}), "T"))
    scores = found.scores
    assert isinstance(scores, ValueScores)
    assert scores.rmse.value == pytest.approx(math.sqrt((4 + 0.25) / 2))
    assert scores.mae == pytest.approx(1.25)
    assert scores.coverage == 0.5
    assert scores.width == pytest.approx(2.0)
    assert math.isnan(scores.enrichment)
    told = found.to_dict()
    assert (told["task"], told["measured"], told["compared"]) == ("regression", 3, 2)
    assert told["rmse"][1] == scores.rmse.value
    json.dumps(told)


def test_bounds_do_not_count_into_errors(make_labels: Make, make_scores: Make) -> None:
    labels = make_labels({"a": 5.0, "b": 4.0}, relation=["=", "<"])
    found = prospective(compare(labels, make_scores({"a": 5.0, "b": 9.0}), "T"))
    assert isinstance(found.scores, ValueScores)
    assert (found.counts.compared, found.counts.censored, found.scores.rmse.value) == (1, 1, 0.0)


def test_enrichment_follows_the_direction(make_labels: Make, make_scores: Make) -> None:
    truth = {f"c{i:03d}": float(i) for i in range(100)}
    compared = compare(make_labels(truth), make_scores(truth), "T")
    for higher, active_at in ((False, 9.0), (True, 90.0)):
        found = prospective(compared, higher_is_better=higher, active_at=active_at)
        assert found.scores.enrichment == pytest.approx(10.0)


def test_scores_without_intervals_have_no_coverage(make_labels: Make, make_scores: Make) -> None:
    found = prospective(compare(make_labels({"a": 5.0}), make_scores({"a": 5.0}, half=None), "T"))
    assert isinstance(found.scores, ValueScores)
    assert math.isnan(found.scores.coverage)
    assert math.isnan(found.scores.width)


def test_classes_are_judged_by_frequency_and_not_by_bounds(
    make_labels: Make, make_scores: Make
) -> None:
    rng = np.random.default_rng(2)
    chance = rng.beta(0.8, 0.8, 300)
    ids = [f"c{i:03d}" for i in range(300)]
    classes = (rng.random(300) < chance).astype(float)
    labels = make_labels(dict(zip(ids, classes, strict=True)), unit=["class"] * 300)
    scores = make_scores(dict(zip(ids, chance, strict=True)), half=0.1)
    found = prospective(compare(labels, scores, "T"), task="classification")
    told = found.scores
    assert isinstance(told, ClassScores)
    rounded = chance.astype(np.float32).astype(float)
    assert told.brier.value == pytest.approx(brier(classes, rounded))
    assert told.roc_auc == pytest.approx(roc_auc(classes, rounded))
    assert told.ece == pytest.approx(ece(classes, rounded))
    assert told.ece < told.ece_by_chance
    assert told.share == classes.mean()
    assert told.predicted == pytest.approx(chance.mean(), abs=1e-6)
    # The share lies between the mean bounds, though no class lies inside its own.
    assert told.lower == pytest.approx(chance.mean() - 0.1, abs=1e-6)
    assert told.lower < told.share < told.upper
    assert told.enrichment > 1
    assert "coverage" not in found.to_dict()


def test_the_wanted_class_may_be_class_0(make_labels: Make, make_scores: Make) -> None:
    values = {f"c{i:02d}": float(i >= 10) for i in range(100)}
    compared = compare(make_labels(values), make_scores(values), "T")
    low = prospective(compared, task="classification", higher_is_better=False)
    assert low.scores.enrichment == pytest.approx(10.0)


def test_one_class_alone_has_no_roc_auc(make_labels: Make, make_scores: Make) -> None:
    found = prospective(
        compare(make_labels({"a": 0.0, "b": 0.0}), make_scores({"a": 0.1, "b": 0.2}), "T"),
        task="classification",
    )
    assert isinstance(found.scores, ClassScores)
    assert math.isnan(found.scores.roc_auc)
    assert found.scores.share == 0.0


def test_values_in_place_of_classes_are_refused(make_labels: Make, make_scores: Make) -> None:
    compared = compare(make_labels({"a": 6.3}), make_scores({"a": 0.5}), "T")
    with pytest.raises(InputError, match="neither 0 nor 1"):
        prospective(compared, task="classification")
