"""What a card tells of the members of a blend."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from hitsieve.config import parse_config
from hitsieve.engine.serial import SerialExecutor
from hitsieve.modeling.config import TrainConfig
from hitsieve.modeling.train import train_model
from hitsieve.modeling.worth import members_worth
from hitsieve.registry.bundle import read_bundle
from hitsieve.scoring.blend import BlendScorer
from hitsieve.scoring.protocol import Prediction
from hitsieve.scoring.stacking import Stack

N = 40


def _parts() -> tuple[Any, Any, Any]:
    """Two members and two targets, a value with bounds and a class with gaps, as fitted."""
    rng = np.random.default_rng(0)
    y = np.stack([rng.normal(6, 1, N + 5), rng.random(N + 5) < 0.4], axis=1)
    relation = np.zeros(y.shape, int)
    relation[:10, 0], y[10:15, 1] = -1, np.nan
    train = np.arange(N)
    member = SimpleNamespace(targets=("pic50", "binds"))
    members = cast("dict[str, Any]", {"gaussian_process": member, "extra_trees": member})
    weights = Stack(np.array([0.7, 0.3]), 0.0, "regression")
    odds = Stack(np.array([1.5, 0.25]), 0.1, "classification")
    scorer = BlendScorer(members, [weights, odds])
    left_out = {
        kind: Prediction(
            np.stack([rng.normal(6, 1, N), rng.random(N)], axis=1).astype(np.float32),
            np.zeros((N, 2), np.float32),
        )
        for kind in scorer.members
    }
    targets = [
        SimpleNamespace(name="pic50", task="regression"),
        SimpleNamespace(name="binds", task="classification"),
    ]
    fitted = SimpleNamespace(scorer=scorer, left_out=left_out, targets=targets)
    labels = SimpleNamespace(matrix=SimpleNamespace(y=y, relation=relation))
    return fitted, labels, SimpleNamespace(train=train)


def test_each_member_is_judged_on_measured_values_it_had_left_out() -> None:
    fitted, labels, split = _parts()
    found = members_worth(fitted, labels, split)
    assert [(m.target, m.member, m.measure) for m in found] == [
        ("pic50", "a Gaussian process", "RMSE"),
        ("pic50", "extra trees", "RMSE"),
        ("pic50", "all of them", "RMSE"),
        ("binds", "a Gaussian process", "ROC AUC"),
        ("binds", "extra trees", "ROC AUC"),
        ("binds", "all of them", "ROC AUC"),
    ]
    assert [m.weight for m in found] == [0.7, 0.3, None, 1.5, 0.25, None]
    process = fitted.left_out["gaussian_process"].mean
    values, exact = labels.matrix.y[:N, 0], np.arange(N) >= 10
    error = float(np.sqrt(np.mean((process[exact, 0] - values[exact]) ** 2)))
    assert found[0].left_out == pytest.approx(error, rel=1e-5)
    classes = labels.matrix.y[:N, 1]
    known = ~np.isnan(classes)
    area = roc_auc_score(classes[known], process[known, 1])
    assert found[3].left_out == pytest.approx(area, rel=1e-5)
    mean = fitted.scorer.left_out(fitted.left_out).mean[exact, 0]
    error = float(np.sqrt(np.mean((mean - values[exact]) ** 2)))
    assert found[2].left_out == pytest.approx(error, rel=1e-5)


def test_members_are_compared_on_compounds_that_each_of_them_left_out() -> None:
    fitted, labels, split = _parts()
    seldom = fitted.left_out["extra_trees"].mean
    seldom[np.arange(N) % 5 > 1] = np.nan
    found = members_worth(fitted, labels, split)
    asked = (np.arange(N) % 5 <= 1) & (np.arange(N) >= 10)
    truth = labels.matrix.y[:N, 0][asked]
    for place, kind in enumerate(fitted.scorer.members):
        errors = fitted.left_out[kind].mean[asked, 0] - truth
        assert found[place].left_out == pytest.approx(float(np.sqrt(np.mean(errors**2))), rel=1e-5)


def test_one_class_and_no_word_at_all_are_told_as_not_defined() -> None:
    fitted, labels, split = _parts()
    labels.matrix.y[:, 1] = 1.0
    fitted.left_out["extra_trees"].mean[:, 0] = np.nan
    found = members_worth(fitted, labels, split)
    assert [m.left_out is None for m in found] == [False, True, True, True, True, True]


def test_the_card_of_a_blend_tells_it_and_that_of_networks_does_not(
    settings: dict[str, Any],
) -> None:
    blend = {
        "network": {"hidden": 8, "head_hidden": 8, "side_hidden": 8},
        "training": {"members": 2, "refit": 1, "epochs": 2, "warmup": 1},
        "blend": {"folds": 2, "members": ["gaussian_process"]},
        "baseline": {"trees": 10},
    }
    config = parse_config(TrainConfig, settings | {"recipe": "default", "overrides": blend})
    entry = train_model(config, SerialExecutor()).entry
    card = read_bundle(entry.folder).contents.card
    per_target = ["graph networks", "a Gaussian process", "all of them"]
    assert [m.member for m in card.members] == per_target * len(card.targets)
    assert "## What it is made of" in (entry.folder / "card.md").read_text()
    plain = train_model(parse_config(TrainConfig, settings), SerialExecutor())
    assert plain.card.members == ()
    assert "What it is made of" not in (plain.entry.folder / "card.md").read_text()
