from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.assays.cards import load_card
from hitsieve.assays.curate import curate
from hitsieve.assays.read import read_assay
from hitsieve.assays.suspects import LISTED_SHARE, audit_labels, contradictions
from hitsieve.chem.fingerprints import morgan_from_smiles
from hitsieve.errors import DatasetError

if TYPE_CHECKING:
    from hitsieve.chem.standardize import Standardizer

DRUGS = Path(__file__).parents[1] / "data" / "drugs.csv"


@pytest.fixture(scope="module")
def drugs() -> tuple[list[str], np.ndarray, np.ndarray]:
    rows = list(csv.DictReader(DRUGS.read_text().splitlines()))
    morgan = np.asarray(morgan_from_smiles([row["smiles"] for row in rows]))
    return [row["name"] for row in rows], morgan, np.array([float(row["clogp"]) for row in rows])


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_planted_flips_surface_at_several_times_chance(
    drugs: tuple[list[str], np.ndarray, np.ndarray], task: str
) -> None:
    _, morgan, value = drugs
    truth = value if task == "regression" else (value > np.median(value)).astype(float)
    flipped = 2 * np.median(value) - value if task == "regression" else 1 - truth
    share, found, planted = 0.05, 0, 0
    listed = int(np.ceil(share * len(truth)))
    for seed in range(20):
        rng = np.random.default_rng(seed)
        wrong = rng.choice(len(truth), round(0.02 * len(truth)), replace=False)
        labels = truth.copy()
        labels[wrong] = flipped[wrong]
        worst = np.argsort(-np.abs(contradictions(morgan, labels)))[:listed]
        found += int(np.isin(wrong, worst).sum())
        planted += len(wrong)
    assert found / planted > 3 * share


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "kind", "times"),
    [
        ("moleculeace/CHEMBL4616_EC50", "mirrored", 5),
        ("moleculeace/CHEMBL4616_EC50", "slipped", 15),
        ("bace", "turned", 5),
    ],
)
def test_planted_errors_in_measured_sets_surface_at_several_times_chance(
    mirror: Path, standardizer: Standardizer, name: str, kind: str, times: int
) -> None:
    table, _ = curate(read_assay(mirror, load_card(name)), standardizer)
    ids, values = table["compound_id"].to_pylist(), table["value"].to_numpy()
    morgan = np.asarray(morgan_from_smiles(table["smiles"].to_pylist()))
    wrong_value = {
        "mirrored": 2 * np.median(values) - values,
        "slipped": values - 3.0,
        "turned": 1 - values,
    }[kind]
    found = planted = 0
    for seed in range(3):
        wrong = np.random.default_rng(seed).choice(len(ids), round(0.02 * len(ids)), replace=False)
        labels = values.copy()
        labels[wrong] = wrong_value[wrong]
        listed = {item.compound_id for item in audit_labels(ids, morgan, labels[:, None], ["t"])}
        assert len(listed) == int(np.ceil(LISTED_SHARE * len(ids)))
        found += len(listed & {ids[row] for row in wrong})
        planted += len(wrong)
    assert found / planted > times * LISTED_SHARE


def test_a_wrong_value_among_like_compounds_is_listed_first() -> None:
    smiles = ["C" * n + "O" for n in range(3, 30)] + ["c1ccc2ccccc2c1"]
    y = np.arange(3.0, 31.0)
    y[10], y[-1] = -30.0, 4.0
    ids = [f"c{i}" for i in range(len(smiles))]
    morgan = np.asarray(morgan_from_smiles(smiles))
    (first, *_) = audit_labels(ids, morgan, y[:, None], ["t"], share=0.1)
    assert (first.compound_id, first.value, first.target) == ("c10", -30.0, "t")
    assert first.expected > 0
    assert first.similarity > 0.9
    json.dumps(first.to_dict())


def test_targets_that_say_nothing_are_left_out() -> None:
    morgan = np.asarray(morgan_from_smiles(["CCO", "CCN", "CCC", "CCCC"]))
    y = np.array([[1.0, 2.0, np.nan], [1.0, 3.0, np.nan], [1.0, 2.5, 1.0], [1.0, np.nan, 0.0]])
    found = audit_labels(list("abcd"), morgan, y, ["constant", "real", "few"], share=1.0)
    assert {item.target for item in found} == {"real"}
    assert len(found) == 3


def test_impossible_requests_are_refused() -> None:
    morgan = np.asarray(morgan_from_smiles(["CCO"]))
    with pytest.raises(DatasetError, match="share"):
        audit_labels(["a"], morgan, np.ones((1, 1)), ["t"], share=0.0)
    with pytest.raises(DatasetError, match="2 targets"):
        audit_labels(["a"], morgan, np.ones((1, 1)), ["t", "u"])
