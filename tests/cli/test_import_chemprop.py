"""``hitsieve models import-chemprop``."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network

if TYPE_CHECKING:
    from collections.abc import Callable

FILES = Path(__file__).resolve().parents[1] / "registry" / "chemprop_files.py"


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    spec = importlib.util.spec_from_file_location("chemprop_files", FILES)
    assert spec is not None
    assert spec.loader is not None
    files = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(files)
    network = build_network(NetworkConfig(hidden=8, head_hidden=8, readout="norm"), 2)
    settings, weights = files.plain_settings(network), files.plain_weights(network)
    path: Path = files.write_checkpoint(tmp_path / "best.pt", settings, weights, ["a", "b"])
    return path


def test_nothing_is_opened_without_trust(hitsieve: Callable[..., Any], checkpoint: Path) -> None:
    refused = hitsieve("models", "import-chemprop", checkpoint, "--name", "mine")
    assert refused.exit_code != 0
    assert not (checkpoint.parent / "models").exists()


def test_a_checkpoint_becomes_a_model(hitsieve: Callable[..., Any], checkpoint: Path) -> None:
    done = hitsieve(
        "models", "import-chemprop", checkpoint, "--name", "mine", "--trust", "--unit", "pX",
        "--lower", "b", "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["model"] == "mine"
    assert "import only what you trust" in done.stderr
    shown = json.loads(hitsieve("models", "show", "mine", "--json").stdout)
    targets = [(t["name"], t["unit"], t["direction"]) for t in shown["config"]["targets"]]
    assert targets == [("a", "pX", "higher"), ("b", "pX", "lower")]
