from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.config import parse_config
from hitsieve.engine import SerialExecutor
from hitsieve.library import LibraryConfig, build_library
from hitsieve.modeling.config import CardData, SplitConfig, TrainConfig
from hitsieve.modeling.train import train_model
from hitsieve.testing.cards import write_card

if TYPE_CHECKING:
    from pathlib import Path

RINGS = ("c1ccccc1", "c1ccncc1", "C1CCCCC1", "c1ccsc1", "C1CCNCC1", "c1ccc2ccccc2c1")
LINKS = ("C", "CC", "C(=O)N", "OC", "CN", "S(=O)(=O)N", "CCO")
TAILS = ("F", "Cl", "Br", "FC(F)(F)", "O=C", "N#C")

TINY = {
    "network": {"hidden": 16, "head_hidden": 16, "readout": "sum"},
    "training": {"members": 2, "epochs": 4, "warmup": 1, "batch_size": 32, "learning_rate": 5e-3},
    "baseline": {"trees": 10},
}


def molecules() -> list[str]:
    """252 distinct small molecules with rings, from pieces."""
    return [tail + link + ring for ring, link, tail in itertools.product(RINGS, LINKS, TAILS)]


def write_set(folder: Path, name: str, rows: list[dict[str, Any]], columns: dict[str, Any]) -> Path:
    """Write a CSV file and its card; return the card's path."""
    names = ["smiles", *columns]
    lines = [",".join(names), *(",".join(str(row[name]) for name in names) for row in rows)]
    return write_card(folder, name, lines, columns)


def regression(target: str, direction: str = "higher") -> dict[str, Any]:
    return {
        "endpoint": "pIC50",
        "unit": "pX",
        "direction": direction,
        "task": "regression",
        "target": target,
    }


def classification(target: str) -> dict[str, Any]:
    return {
        "endpoint": "active",
        "unit": "class",
        "direction": "higher",
        "task": "classification",
        "target": target,
    }


@pytest.fixture
def both(tmp_path: Path) -> Path:
    """A set with a regression target, full of gaps, and a classification target."""
    rows: list[dict[str, Any]] = []
    for place, smiles in enumerate(molecules()):
        value = 4 + 0.2 * smiles.upper().count("C") + 0.5 * ("N" in smiles.upper())
        rows.append(
            {
                "smiles": smiles,
                "y": "" if place % 3 == 0 else f"{value:.2f}",
                "active": int("N" in smiles.upper()),
            }
        )
    columns = {"y": regression("potency"), "active": classification("amine")}
    return write_set(tmp_path, "both", rows, columns)


@pytest.fixture
def settings(tmp_path: Path, both: Path) -> dict[str, Any]:
    return {
        "name": "small",
        "data": [{"card": str(both)}],
        "split": {"kind": "random"},
        "recipe": "fast",
        "overrides": TINY,
        "registry": str(tmp_path / "models"),
        "runs": str(tmp_path / "runs"),
        "data_folder": str(tmp_path / "data"),
        "seed": 3,
    }


@pytest.fixture
def config(settings: dict[str, Any]) -> TrainConfig:
    return parse_config(TrainConfig, settings)


@dataclass(frozen=True)
class School:
    """A teacher with two targets, and a library to teach from; never changed."""

    library: Path
    models: Path


@pytest.fixture(scope="session")
def school(tmp_path_factory: pytest.TempPathFactory) -> School:
    root = tmp_path_factory.mktemp("school")
    texts = [f"{text}{'C' * n}" for n in range(4) for text in molecules()]
    (root / "compounds.smi").write_text("".join(f"{t} m{n}\n" for n, t in enumerate(texts)))
    rows = [
        {
            "smiles": text,
            "y": f"{4 + 0.2 * text.upper().count('C') + 0.5 * ('N' in text.upper()):.2f}",
            "active": int("N" in text.upper()),
        }
        for text in molecules()
    ]
    columns = {"y": regression("potency", "lower"), "active": classification("amine")}
    card = write_set(root, "both", rows, columns)
    with SerialExecutor() as executor:
        build_library(
            LibraryConfig(
                inputs=[str(root / "compounds.smi")], output=root / "library", shard_rows=150
            ),
            executor,
        )
        train_model(
            TrainConfig(
                name="small",
                data=(CardData(card=str(card)),),
                split=SplitConfig(kind="random"),
                recipe="fast",
                overrides=TINY,
                registry=root / "models",
                runs=root / "runs",
                data_folder=root / "data",
            ),
            executor,
        )
    return School(root / "library", root / "models")
