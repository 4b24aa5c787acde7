"""DeepChem datasets become LABELS, as a card's files do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hitsieve.assays.columns import ColumnCard
from hitsieve.assays.curate import curate
from hitsieve.assays.deepchem_adapter import quiet, to_dataset
from hitsieve.assays.deepchem_labels import assay_table
from hitsieve.assays.targets import Demands
from hitsieve.errors import DatasetError, UsageError
from hitsieve.schema import LABELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hitsieve.assays.read import AssayTable
    from hitsieve.chem.standardize import Standardizer

Y = np.array([[1.5, 1.0], [2.5, np.nan], [np.nan, 0.0], [4.0, 1.0]])
SMILES = ["CCO", "CCN", "CCC", "OCC"]
ORIGIN = {"name": "made", "source": "DeepChem", "license": "MIT"}


def _dataset(rows: slice = slice(None)) -> Any:
    return to_dataset(SMILES[rows], np.zeros((len(SMILES[rows]), 1)), Y[rows])


@pytest.fixture
def columns(number: dict[str, Any], classes: dict[str, Any]) -> Mapping[str, ColumnCard]:
    cards = {"solubility": number, "toxic": classes}
    return {name: ColumnCard.model_validate(card) for name, card in cards.items()}


def _table(columns: Mapping[str, ColumnCard], **datasets: Any) -> AssayTable:
    return assay_table(datasets, columns, **ORIGIN)


def test_values_gaps_and_parts_come_along(
    columns: Mapping[str, ColumnCard], standardizer: Standardizer
) -> None:
    raw = _table(columns, train=_dataset(slice(0, 2)), test=_dataset(slice(2, 4)))
    assert raw.structures == SMILES
    assert raw.cells == {
        "solubility": ["1.5", "2.5", "", "4.0"],
        "toxic": ["1.0", "", "0.0", "1.0"],
    }
    assert raw.parts == ["train", "train", "test", "test"]
    assert raw.records == ["train#1", "train#2", "test#1", "test#2"]
    labels, report = curate(raw, standardizer, Demands(rule="mean", minimum=0))
    LABELS.check(labels.schema, where="test")
    rows = {(r["smiles"], r["target"]): r for r in labels.to_pylist()}
    assert rows["CCO", "EGFR"]["value"] == 2.75, "replicates are merged"
    assert rows["CCO", "EGFR"]["part"] == "train"
    assert rows["CCN", "EGFR"]["source"] == "made"
    assert len(report.part_conflicts) == 1
    assert report.license == "MIT"


def test_what_deepchem_did_to_values_is_undone(columns: Mapping[str, ColumnCard]) -> None:
    with quiet():
        from deepchem.data import NumpyDataset
        from deepchem.trans import BalancingTransformer, NormalizationTransformer

        y = np.array([[1.0], [3.0], [8.0]])
        plain = NumpyDataset(X=np.eye(3), y=y, ids=np.array(SMILES[:3], dtype=object))
        scaled = NormalizationTransformer(transform_y=True, dataset=plain)
        classes = NumpyDataset(X=np.eye(3), y=np.array([[1.0], [0.0], [0.0]]), ids=plain.ids)
        balanced = BalancingTransformer(dataset=classes)
    one = {"solubility": columns["solubility"]}
    raw = assay_table({"": scaled.transform(plain)}, one, **ORIGIN, transformers=[scaled])
    assert [float(cell) for cell in raw.cells["solubility"]] == pytest.approx([1.0, 3.0, 8.0])
    two = {"toxic": columns["toxic"]}
    raw = assay_table({"": balanced.transform(classes)}, two, **ORIGIN, transformers=[balanced])
    assert raw.cells["toxic"] == ["1.0", "0.0", "0.0"]


def test_a_wrong_description_is_told(columns: Mapping[str, ColumnCard]) -> None:
    with pytest.raises(UsageError, match="part 'training'"):
        _table(columns, training=_dataset())
    one = {"solubility": columns["solubility"]}
    with pytest.raises(DatasetError, match="has 2 tasks, but 1 are described"):
        _table(one, train=_dataset())
