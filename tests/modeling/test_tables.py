"""What the tables of a training hold, cell by cell."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.assays.splits import random_split
from hitsieve.chem.policy import ChemPolicy
from hitsieve.modeling.config import CardData
from hitsieve.modeling.labels import Labels, load_labels
from hitsieve.modeling.tables import GOLDEN, golden_table, predictions_table, training_table
from hitsieve.registry.contents import GOLDEN_SCHEMA, TRAINING_SCHEMA
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.protocol import Prediction

if TYPE_CHECKING:
    from pathlib import Path


class Lengths:
    """Says how long a SMILES is, and its number of nitrogen atoms."""

    targets = ("length", "nitrogens")

    def score(self, batch: CompoundBatch) -> Prediction:
        texts = batch.smiles.to_pylist()
        mean = np.array([[len(text), text.upper().count("N")] for text in texts], dtype=np.float32)
        return Prediction(mean, (mean / 10).astype(np.float32))


@pytest.fixture
def labels(tmp_path: Path, both: Path) -> Labels:
    return load_labels([CardData(card=str(both))], ChemPolicy(), folder=tmp_path)


def test_golden_molecules_are_those_of_the_seed_with_what_is_said_of_them(labels: Labels) -> None:
    smiles = labels.matrix.smiles
    table = golden_table(Lengths(), smiles, seed=3)
    assert table.schema == GOLDEN_SCHEMA
    rows = table.to_pylist()
    assert len(rows) == 2 * GOLDEN
    chosen = [row["smiles"] for row in rows[::2]]
    places = [smiles.index(text) for text in chosen]
    assert places == sorted(set(places)), "each once, in the order of the set"
    for row in rows:
        said = {"length": len(row["smiles"]), "nitrogens": row["smiles"].upper().count("N")}
        assert row["mean"] == said[row["target"]]
        assert row["std"] == pytest.approx(row["mean"] / 10)
    assert golden_table(Lengths(), smiles, seed=3).equals(table)
    assert golden_table(Lengths(), smiles, seed=4)["smiles"].to_pylist() != chosen
    assert golden_table(Lengths(), smiles[:7], seed=3).num_rows == 14, "all of a small set"


def test_measured_compounds_come_back_value_by_value(labels: Labels) -> None:
    labels.matrix.y[0, 0] = np.nan
    labels.matrix.relation[1, 0] = -1
    labels.matrix.relation[2, 0] = 1
    batch = CompoundBatch.from_smiles(labels.matrix.smiles, labels.matrix.compound_ids)
    split = random_split(len(labels.matrix), seed=1)
    table = training_table(labels, split, batch)
    assert table.schema == TRAINING_SCHEMA
    values = np.array(table["values"].to_pylist(), dtype=np.float64)
    np.testing.assert_array_equal(values.astype(np.float32), labels.matrix.y)
    assert table["values"][1].as_py()[0] == float(str(labels.matrix.y[1, 0])), "no long tails"
    assert table["values"][0].as_py()[0] is None, "what was not measured is null"
    assert table["relations"].to_pylist()[:3] == [["=", "="], ["<", "="], [">", "="]]
    assert table["part"].to_pylist() == split.labels()
    prints = np.stack([np.frombuffer(cell, np.uint8) for cell in table["morgan"].to_pylist()])
    np.testing.assert_array_equal(prints, batch.morgan)


def test_predictions_stand_beside_what_was_measured(labels: Labels) -> None:
    labels.matrix.y[0, 0] = np.nan
    few = dataclasses.replace(labels, matrix=labels.matrix.take(np.arange(4)))
    said = np.arange(8, dtype=np.float32).reshape(4, 2)
    model, forest = Prediction(said, said + 100), Prediction(said + 200, said + 300)
    split = random_split(4, (0.5, 0.25, 0.25), seed=1)
    rows = predictions_table(few, split, model, forest).to_pylist()
    assert [row["target"] for row in rows] == ["potency", "amine"] * 4
    assert [row["compound_id"] for row in rows[::2]] == few.matrix.compound_ids
    assert [row["part"] for row in rows[1::2]] == split.labels()
    assert rows[0]["measured"] is None
    assert rows[2]["measured"] == few.matrix.y[1, 0]
    last = {key: rows[-1][key] for key in ("network", "network_std", "forest", "forest_std")}
    assert last == {"network": 7, "network_std": 107, "forest": 207, "forest_std": 307}
