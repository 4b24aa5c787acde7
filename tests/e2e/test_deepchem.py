"""From a DeepChem dataset to a registered model."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import numpy as np
import yaml
from typer.testing import CliRunner

from hitsieve.assays.columns import ColumnCard
from hitsieve.assays.curate import curate
from hitsieve.assays.deepchem_adapter import to_dataset
from hitsieve.assays.deepchem_labels import assay_table
from hitsieve.assays.deepchem_splits import deepchem_split
from hitsieve.chem.standardize import Standardizer
from hitsieve.cli.main import app
from hitsieve.registry.registry import Registry
from hitsieve.store.files import write_parquet_atomic

if TYPE_CHECKING:
    from pathlib import Path

RINGS = ("c1ccccc1", "c1ccncc1", "C1CCCCC1", "c1ccsc1", "C1CCNCC1", "c1ccc2ccccc2c1")
SMILES = [
    tail + link + ring
    for ring, link, tail in itertools.product(RINGS, ("C", "CN", "OC", "CCO"), ("F", "Cl", "N#C"))
]


def test_a_deepchem_dataset_is_trained_on_with_its_parts(tmp_path: Path) -> None:
    y = np.array([[4 + 0.2 * text.upper().count("C")] for text in SMILES])
    split = deepchem_split("butina", SMILES, (0.7, 0.15, 0.15))
    datasets = {
        part: to_dataset([SMILES[row] for row in rows], np.zeros((len(rows), 1)), y[rows])
        for part, rows in split.parts.items()
    }
    meaning = ColumnCard(endpoint="pIC50", unit="pX", direction="higher", task="regression")
    raw = assay_table(datasets, {"potency": meaning}, name="made", source="DeepChem", license="MIT")
    labels, _ = curate(raw, Standardizer())
    write_parquet_atomic(tmp_path / "labels.parquet", labels)
    asked = {
        "name": "m",
        "data": [
            {"labels": str(tmp_path / "labels.parquet"), "direction": "higher", "license": "MIT"}
        ],
        "split": {"kind": "column"},
        "recipe": "fast",
        "overrides": {"training": {"epochs": 2, "members": 1}},
        "registry": str(tmp_path / "models"),
        "runs": str(tmp_path / "runs"),
    }
    (tmp_path / "train.yaml").write_text(yaml.safe_dump(asked))
    flags = ["--config", str(tmp_path / "train.yaml"), "--executor", "serial", "--json"]
    result = CliRunner().invoke(app, ["train", *flags])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["model"] == "m@1"
    bundle = Registry(tmp_path / "models").read("m")
    sizes = bundle.contents.card.targets[0]
    assert (sizes.train, sizes.valid, sizes.test) == tuple(map(len, split.parts.values()))
    assert "as given by the data set" in bundle.contents.card.split
    assert bundle.contents.card.data[0].license == "MIT"
