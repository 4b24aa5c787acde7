"""The domain of a trained model: errors are lower inside, and another chemistry is outside."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hitsieve.config import parse_config
from hitsieve.engine.serial import SerialExecutor
from hitsieve.modeling.config import TrainConfig
from hitsieve.modeling.train import train_model
from hitsieve.registry.bundle import read_bundle
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.load import load_scorer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.modeling.train import TrainedModel
    from hitsieve.scoring.load import BundleScorer

STRANGERS = {
    "peptides": [
        "CC(C)C[C@H](NC(=O)[C@H](C)N)C(=O)N[C@@H](CO)C(=O)N[C@@H](CCCCN)C(=O)O",
        "C[C@H](N)C(=O)N[C@@H](CC(=O)O)C(=O)N[C@@H](CO)C(=O)N[C@@H](C)C(=O)O",
    ],
    "sugars": [
        "OC[C@H]1O[C@H](O[C@H]2[C@H](O)[C@@H](O)C(O)O[C@@H]2CO)[C@H](O)[C@@H](O)[C@@H]1O",
        "OC[C@H]1OC(O)[C@H](O)[C@@H](O)[C@@H]1O",
    ],
    "steroids": [
        "C[C@]12CC[C@H]3[C@@H](CCC4=CC(=O)CC[C@@]43C)[C@@H]1CC[C@@H]2O",
        "C[C@]12CC[C@H]3[C@@H](CC=C4C[C@@H](O)CC[C@@]43C)[C@@H]1CC[C@@H]2C(C)=O",
    ],
    "boron and selenium": ["OB(O)c1ccc([Se]C)cc1", "C[Se]CC(N)C(=O)O"],
}


CHAINS = ["C" * n + tail for n in (10, 13, 16, 19) for tail in ("O", "N", "C(=O)O")]


def test_errors_are_lower_inside_and_another_chemistry_is_outside(
    settings: dict[str, Any],
) -> None:
    """Train on rings with small groups; ask for more of them, for long chains, and for others."""
    made = train_model(parse_config(TrainConfig, settings), SerialExecutor())
    scorer = load_scorer(made.entry.folder)
    rows = read_bundle(made.entry.folder).contents.training.to_pylist()
    own = [row["smiles"] for row in rows if row["part"] == "test"]
    assert _inside(scorer, own) > 0.5
    for name, smiles in STRANGERS.items():
        assert _inside(scorer, smiles) == 0, name
    reasons = scorer.judgment.reasons(_batch(STRANGERS["steroids"]))
    assert all(reason.startswith("far from the training set") for reason in reasons)

    batch = _batch(own + CHAINS)
    said = scorer.score(batch).mean[:, 0]
    truth = np.array([_value(text) for text in own + CHAINS])
    error, inside = np.abs(said - truth), scorer.in_domain(batch)
    assert not inside[len(own) :].any()
    assert error[inside].mean() < error[~inside].mean()


@pytest.mark.data
def test_a_measured_set_is_inside_its_own_model_and_another_is_not(tmp_path: Path) -> None:
    """Solubility of small molecules, and inhibitors of a protease: each asks the other."""
    mirror = os.environ.get("HITSIEVE_DATA_MIRROR", "")
    if not (Path(mirror) / "moleculenet_chemprop").is_dir():
        pytest.skip("HITSIEVE_DATA_MIRROR names no folder of public data sets")
    made = {name: _trained(name, mirror, tmp_path) for name in ("esol", "bace")}
    for name, other in (("esol", "bace"), ("bace", "esol")):
        model = made[name]
        scorer = load_scorer(model.entry.folder)
        rows = read_bundle(model.entry.folder).contents.training.to_pylist()
        strangers = read_bundle(made[other].entry.folder).contents.training["smiles"].to_pylist()
        assert _inside(scorer, strangers) < 0.05, name
        assert _inside(scorer, [r["smiles"] for r in rows if r["part"] == "test"]) > 0.8, name
        told = re.search(r"(\d\.\d+) inside, (\d\.\d+) outside", model.card.domain)
        assert told is not None
        assert float(told[1]) < float(told[2]), name
        assert not any("domain" in text for text in model.card.warnings), name
    reasons = load_scorer(made["bace"].entry.folder).judgment.reasons(_batch(["CCOP(=O)(OCC)OCC"]))
    assert "no training compound has phosphorus" in reasons[0]


def _trained(name: str, mirror: str, folder: Path) -> TrainedModel:
    settings = {
        "name": name,
        "data": [{"card": name, "path": mirror}],
        "split": {"kind": "random"},
        "recipe": "fast",
        "overrides": {
            "network": {"hidden": 32, "head_hidden": 32},
            "training": {"members": 2, "epochs": 12},
            "baseline": {"trees": 20},
        },
        "registry": str(folder / "models"),
        "runs": str(folder / "runs"),
        "seed": 1,
    }
    return train_model(parse_config(TrainConfig, settings), SerialExecutor())


def _value(smiles: str) -> float:
    """Return what the set's values were made by."""
    carbons = smiles.upper().count("C") - smiles.count("Cl")
    return 4 + 0.2 * carbons + 0.5 * ("N" in smiles.upper())


def _batch(smiles: Sequence[str]) -> CompoundBatch:
    return CompoundBatch.from_smiles(list(smiles))


def _inside(scorer: BundleScorer, smiles: Sequence[str]) -> float:
    return float(scorer.in_domain(_batch(smiles)).mean())
