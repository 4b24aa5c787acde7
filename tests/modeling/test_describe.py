"""The card of a training says what its own tables say, computed here once more."""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hitsieve.config import parse_config
from hitsieve.engine.serial import SerialExecutor
from hitsieve.metrics.classification import roc_auc
from hitsieve.metrics.regression import mae, rmse
from hitsieve.modeling.config import TrainConfig
from hitsieve.modeling.describe import loss_curves
from hitsieve.modeling.train import TrainedModel, train_model
from hitsieve.registry.bundle import read_bundle
from hitsieve.testing.cards import write_card
from hitsieve.training.fitted import Epoch, FittedNetwork

RINGS = ("c1ccccc1", "c1ccncc1", "C1CCCCC1", "c1ccsc1", "C1CCNCC1", "c1ccc2ccccc2c1")
LINKS = ("C", "CC", "C(=O)N", "OC", "CN", "S(=O)(=O)N", "CCO")
TAILS = ("F", "Cl", "Br", "FC(F)(F)", "O=C", "N#C")
TINY = {
    "network": {"hidden": 16, "head_hidden": 16, "readout": "sum"},
    "training": {"members": 2, "epochs": 4, "warmup": 1, "learning_rate": 5e-3},
    "baseline": {"trees": 10},
}


def _rows() -> list[str]:
    """Rows of which a third lacks the value, some values are bounds, and one lies far off."""
    rows = []
    for n, (ring, link, tail) in enumerate(itertools.product(RINGS, LINKS, TAILS)):
        text = tail + link + ring
        value = f"{4 + 0.2 * text.upper().count('C') + 0.5 * ('N' in text.upper()):.2f}"
        cell = "" if n % 3 == 0 else ">" * (n % 15 == 1) + value
        rows.append(f"{text},{'11' if n == 2 else cell},{int('N' in text.upper())}")
    return rows


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> TrainedModel:
    """One training on values and classes."""
    folder = tmp_path_factory.mktemp("described")
    value = {"endpoint": "pIC50", "unit": "pX", "direction": "higher", "task": "regression"}
    classes = value | {"endpoint": "active", "unit": "class", "task": "classification"}
    columns = {"y": value | {"target": "potency"}, "active": classes | {"target": "amine"}}
    card = write_card(folder, "set", ["smiles,y,active", *_rows()], columns)
    asked = {
        "name": "small",
        "data": [{"card": str(card)}],
        "split": {"kind": "random"},
        "recipe": "fast",
        "overrides": TINY,
        "registry": str(folder / "models"),
        "runs": str(folder / "runs"),
        "seed": 3,
    }
    return train_model(parse_config(TrainConfig, asked), SerialExecutor())


def _exact(made: TrainedModel, target: str, part: str) -> pa.Table:
    """Predictions of what was measured exactly, of one target and part."""
    table = pq.read_table(made.run / "predictions.parquet")
    training = read_bundle(made.entry.folder).contents.training
    place = ["potency", "amine"].index(target)
    exact = {row["compound_id"] for row in training.to_pylist() if row["relations"][place] == "="}
    keep = [
        row["target"] == target
        and row["part"] == part
        and row["measured"] is not None
        and row["compound_id"] in exact
        for row in table.to_pylist()
    ]
    return table.filter(pa.array(keep))


def test_measures_are_those_of_the_test_part_without_bounds(made: TrainedModel) -> None:
    found = {(m.target, m.metric): m for m in made.card.metrics}
    rows = _exact(made, "potency", "test")
    truth = rows["measured"].to_numpy()
    for name, measure in (("rmse", rmse), ("mae", mae)):
        metric = found["potency", name]
        assert metric.compounds == len(truth)
        for estimate, said in ((metric.network, "network"), (metric.baseline, "forest")):
            expected = measure(truth, rows[said].to_numpy())
            assert estimate.value == pytest.approx(expected, rel=1e-5)
    classes = _exact(made, "amine", "test")
    auc = found["amine", "roc_auc"]
    assert auc.network.value == pytest.approx(
        roc_auc(classes["measured"].to_numpy(), classes["network"].to_numpy()), rel=1e-5
    ), "calibration changes no ranking"


def test_the_fit_is_on_what_was_learned_from(made: TrainedModel) -> None:
    rows = _exact(made, "potency", "train")
    fit = next(f for f in made.card.fit if (f.target, f.metric) == ("potency", "rmse"))
    expected = rmse(rows["measured"].to_numpy(), rows["network"].to_numpy())
    assert fit.value == pytest.approx(expected, rel=1e-4)


def test_sizes_count_measured_compounds_by_part(made: TrainedModel) -> None:
    table = pq.read_table(made.run / "predictions.parquet").to_pylist()
    for size in made.card.targets:
        for part in ("train", "valid", "test"):
            measured = [
                row
                for row in table
                if row["target"] == size.target
                and row["part"] == part
                and row["measured"] is not None
            ]
            assert getattr(size, part) == len(measured)
    assert [size.task for size in made.card.targets] == ["regression", "classification"]


def test_curation_and_doubts_stand_in_the_card(made: TrainedModel) -> None:
    card = made.card
    assert card.curation["labels_that_are_bounds"] == 17
    assert card.curation["outliers"] == 1
    assert card.curation["labels_contradicted_by_neighbors"] >= 0
    assert any(text.startswith("potency: 1 outlier among 168 labels") for text in card.warnings)
    assert card.data[0].replicates == "median"
    assert card.leaks["stood_in_two_given_parts"] == 0


def test_limits_name_the_range_that_was_learned(made: TrainedModel) -> None:
    training = read_bundle(made.entry.folder).contents.training.to_pylist()
    values = [
        row["values"][0]
        for row in training
        if row["part"] == "train" and row["values"][0] is not None
    ]
    told = f"potency: trained on values from {min(values):.3f} to {max(values):.3f} pX"
    assert any(text.startswith(told) for text in made.card.limits)
    assert not any("amine: trained on values" in text for text in made.card.limits)


def test_the_card_says_how_to_make_the_model_again(made: TrainedModel) -> None:
    assert "pIC50 of potency (pX); active of amine (class)" in made.card.summary
    assert made.card.recipe.startswith("fast with {")
    assert made.card.seed == 3
    assert "at random" in made.card.split


def test_curves_are_kept_in_six_digits_with_the_best_epoch() -> None:
    history = (Epoch(1, 0.123456789, 1.0, 0.1), Epoch(2, 1e-9 / 3, 0.5, 0.1))
    fitted = [FittedNetwork({}, np.zeros(1), np.ones(1), history, best) for best in (1, 2)]
    curves = loss_curves(fitted)
    assert [(curve.member, curve.best) for curve in curves] == [(0, 1), (1, 2)]
    assert curves[0].train_loss == (0.123457, 3.33333e-10)
    assert curves[1].stopping_loss == (1.0, 0.5)
