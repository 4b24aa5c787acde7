"""Measurements with bounds, from a file to a registered model."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from hitsieve.config import parse_config
from hitsieve.engine.serial import SerialExecutor
from hitsieve.modeling.config import TrainConfig
from hitsieve.modeling.train import train_model
from hitsieve.registry.bundle import read_bundle
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.forest import ForestScorer

if TYPE_CHECKING:
    from pathlib import Path


def _bound_half(card: Path) -> None:
    """Turn every other potency into an upper bound three units above it."""
    path = card.parent / "both.csv"
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for place, row in enumerate(rows):
        row["relation"] = "<" if place % 2 and row["y"] else "="
        if row["relation"] == "<":
            row["y"] = f"{float(row['y']) + 3:.2f}"
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    told = yaml.safe_load(card.read_text())
    told["columns"].pop("active")
    card.write_text(yaml.safe_dump({**told, "relation_column": "relation"}, sort_keys=False))


def test_the_forest_learns_as_the_model_does_and_the_card_says_how(
    settings: dict[str, Any], both: Path
) -> None:
    _bound_half(both)
    made = train_model(parse_config(TrainConfig, settings), SerialExecutor())
    contents = read_bundle(made.entry.folder).contents
    rows = [
        (row["smiles"], row["values"][0], row["relations"][0], row["part"])
        for row in contents.training.to_pylist()
        if row["values"][0] is not None
    ]
    learned = sum(part == "train" and relation == "<" for *_, relation, part in rows)
    told = [text for text in made.card.limits if "bounds" in text]
    assert len(told) == 1
    assert f"potency: {learned} of the labels it learned from are bounds" in told[0]
    forest = ForestScorer.from_arrays(contents.baseline, ["potency"])
    said = forest.score(CompoundBatch.from_smiles([smiles for smiles, *_ in rows])).mean[:, 0]
    truth = np.array([value - 3 * (relation == "<") for _, value, relation, _ in rows])
    assert abs(np.mean(said - truth)) < 0.2
