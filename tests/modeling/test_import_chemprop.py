"""From checkpoints to a registered model."""

from __future__ import annotations

import csv
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from hitsieve.chem.standardize import Standardizer
from hitsieve.errors import ConfigError, NotFoundError, UsageError
from hitsieve.modeling.import_chemprop import ImportConfig, import_chemprop
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.registry import chemprop, unpickle
from hitsieve.registry.bundle import read_bundle
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.load import load_scorer
from hitsieve.testing.scorer_kit import sample_batch

if TYPE_CHECKING:
    from types import ModuleType

TESTS = Path(__file__).resolve().parents[1]


def _load() -> ModuleType:
    path = TESTS / "registry" / "chemprop_files.py"
    spec = importlib.util.spec_from_file_location("chemprop_files", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkpoint with one target, ``logP``; it is opened in this process."""
    monkeypatch.setattr(chemprop, "_unpickle", unpickle.main)
    torch.manual_seed(1)
    network = build_network(NetworkConfig(hidden=16, head_hidden=8, readout="norm"), 1)
    files = _load()
    weights = files.plain_weights(network)
    weights["predictor.output_transform.mean"] = torch.tensor([[2.0]])
    weights["predictor.output_transform.scale"] = torch.tensor([[1.5]])
    path: Path = files.write_checkpoint(
        tmp_path / "best.pt", files.plain_settings(network), weights, ["logP"]
    )
    return path


def _config(checkpoint: Path, tmp_path: Path, **settings: Any) -> ImportConfig:
    given = {
        "name": "mine",
        "files": (checkpoint,),
        "trust": True,
        "registry": tmp_path / "models",
        "data_folder": tmp_path / "data",
    }
    return ImportConfig(**(given | settings))


def test_a_model_alone(checkpoint: Path, tmp_path: Path) -> None:
    config = _config(checkpoint, tmp_path, unit="log units", lower=("logP",))
    imported = import_chemprop(config)
    assert imported.entry.reference == "mine@1"
    bundle = read_bundle(imported.entry.folder)
    target = bundle.config.targets[0]
    assert (target.name, target.unit, target.direction) == ("logP", "log units", "lower")
    assert (target.mean, target.std) == (2.0, 1.5)
    assert len(set(bundle.contents.golden["smiles"].to_pylist())) == 200
    assert len(bundle.contents.training) == 0
    scorer, batch = load_scorer(imported.entry.folder), sample_batch()
    found = scorer.score(batch)
    assert np.isfinite(found.mean).all()
    assert np.isnan(scorer.bounds(found)[0]).all()
    assert not scorer.in_domain(batch).any()  # nothing is known of what it was trained on
    assert any("not named at import" in text for text in imported.card.warnings)


def test_the_same_files_make_the_same_bundle(checkpoint: Path, tmp_path: Path) -> None:
    first = import_chemprop(_config(checkpoint, tmp_path))
    second = import_chemprop(_config(checkpoint, tmp_path))
    assert second.entry.reference == "mine@2"
    assert first.digest == second.digest


def test_with_the_data_it_was_trained_on(checkpoint: Path, tmp_path: Path) -> None:
    card = str(TESTS / "data" / "drugs.yaml")
    imported = import_chemprop(_config(checkpoint, tmp_path, data=card))
    bundle = read_bundle(imported.entry.folder)
    assert bundle.config.targets[0].unit == "log units"
    training = bundle.contents.training
    assert set(training["part"].to_pylist()) == {"train"}
    assert imported.card.targets[0].train == len(training) > 20
    batch = CompoundBatch.from_smiles(training["smiles"].to_pylist())
    assert load_scorer(imported.entry.folder).in_domain(batch).all()
    assert imported.card.data[0].name == "drugs"


def test_what_is_asked_for_must_be_there(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a pickle") as caught:
        import_chemprop(_config(checkpoint, tmp_path, trust=False))
    assert "--trust" in caught.value.cure
    with pytest.raises(UsageError, match="no target 'logp'"):
        import_chemprop(_config(checkpoint, tmp_path, lower=("logp",)))
    with pytest.raises(UsageError, match="for a checkpoint with 1"):
        import_chemprop(_config(checkpoint, tmp_path, targets=("a", "b")))
    with pytest.raises(ConfigError, match="cannot name a model"):
        import_chemprop(_config(checkpoint, tmp_path, name="../x"))
    card = str(TESTS / "data" / "drugs.yaml")
    with pytest.raises(NotFoundError, match="logD"):
        import_chemprop(_config(checkpoint, tmp_path, data=card, targets=("logD",)))
    assert not (tmp_path / "models").exists()


def _readable(source: Path, path: Path) -> Path:
    """Leave out what Chemprop stops at."""
    with source.open(newline="") as stream:
        head, *rows = csv.reader(stream)
    keep = Standardizer()
    kept = [row for row in rows if len(row) == len(head) and row[2] and keep(row[1]).kept]
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([head, *kept])
    return path


@pytest.mark.slow
def test_predictions_are_those_of_chemprop(tmp_path: Path) -> None:
    python = os.environ.get("HITSIEVE_CHEMPROP_PYTHON", sys.executable)
    found = subprocess.run([python, "-c", "import chemprop"], capture_output=True, check=False)
    if found.returncode:
        pytest.skip("no chemprop here; name a Python that has it in HITSIEVE_CHEMPROP_PYTHON")
    data = _readable(TESTS / "data" / "drugs.csv", tmp_path / "drugs.csv")
    run = [python, "-c", "from chemprop.cli.main import main; main()"]
    train = (
        "train", "-i", data, "-o", tmp_path / "out", "-s", "smiles", "--target-columns", "clogp",
        "-t", "regression", "--epochs", "3", "--batch-norm", "--accelerator", "cpu",
        "--ensemble-size", "2", "--split-sizes", "0.6", "0.2", "0.2", "--batch-size", "16",
    )  # fmt: skip
    subprocess.run([*run, *map(str, train)], check=True, capture_output=True)
    files = sorted((tmp_path / "out").glob("model_*/best.pt"))
    imported = import_chemprop(_config(files[0], tmp_path, files=tuple(files)))
    scorer, batch = load_scorer(imported.entry.folder), sample_batch()
    smiles = batch.smiles.to_pylist()
    (tmp_path / "in.csv").write_text("smiles\n" + "\n".join(smiles) + "\n")
    predict = ("predict", "-i", tmp_path / "in.csv", "-o", tmp_path / "out.csv", "--model-paths",
               *files, "--accelerator", "cpu")  # fmt: skip
    subprocess.run([*run, *map(str, predict)], check=True, capture_output=True)
    with (tmp_path / "out.csv").open(newline="") as stream:
        theirs = np.array([float(row["clogp"]) for row in csv.DictReader(stream)])
    np.testing.assert_allclose(scorer.score(batch).mean[:, 0], theirs, rtol=1e-4, atol=1e-4)
