"""Small data sets written on the spot, and the mirror of public ones."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.assays.cards import DatasetCard
from hitsieve.assays.read import AssayTable, read_assay
from hitsieve.chem.standardize import Standardizer

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def potency() -> dict[str, Any]:
    """A column card of measured potencies in nM."""
    return {
        "endpoint": "pIC50",
        "unit": "pX",
        "direction": "higher",
        "task": "regression",
        "target": "EGFR",
        "transform": "nM_to_pX",
    }


@pytest.fixture
def number(potency: dict[str, Any]) -> dict[str, Any]:
    """A column card of numbers taken as they are."""
    return {**potency, "endpoint": "logS", "unit": "log10(mol/L)", "transform": "none"}


@pytest.fixture
def classes(potency: dict[str, Any]) -> dict[str, Any]:
    """A column card of classes."""
    changes = {"task": "classification", "unit": "class", "transform": "none", "target": "TOX"}
    return {**potency, **changes}


@pytest.fixture
def make_card() -> Callable[..., DatasetCard]:
    def build(columns: dict[str, Any], **changes: Any) -> DatasetCard:
        values = {
            "name": "made",
            "title": "made for tests",
            "source": "this project",
            "license": "Apache-2.0",
            "files": [{"path": "made.csv"}],
            "smiles_column": "smiles",
            "columns": columns,
            **changes,
        }
        return DatasetCard.model_validate(values)

    return build


@pytest.fixture
def table(tmp_path: Path, make_card: Callable[..., DatasetCard]) -> Callable[..., AssayTable]:
    """Write lines as a CSV and read them by a card."""

    def build(lines: list[str], columns: dict[str, Any], **changes: Any) -> AssayTable:
        (tmp_path / "made.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return read_assay(tmp_path, make_card(columns, **changes))

    return build


@pytest.fixture(scope="session")
def standardizer() -> Standardizer:
    return Standardizer()


@pytest.fixture(scope="session")
def mirror() -> Path:
    """The folder of public data sets."""
    folder = os.environ.get("HITSIEVE_DATA_MIRROR")
    if not folder or not Path(folder).is_dir():
        pytest.skip("HITSIEVE_DATA_MIRROR names no folder of public data sets")
    return Path(folder)
