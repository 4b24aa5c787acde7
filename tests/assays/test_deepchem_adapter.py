from __future__ import annotations

import logging
import warnings

import numpy as np
import pytest

from hitsieve.assays.deepchem_adapter import (
    from_dataset,
    measure,
    quiet,
    split,
    to_dataset,
)
from hitsieve.assays.splits import scaffold_split
from hitsieve.chem.scaffolds import murcko_scaffold
from hitsieve.errors import DatasetError, InputError
from hitsieve.metrics.classification import roc_auc
from hitsieve.metrics.regression import rmse

SMILES = (
    [f"c1ccccc1{'C' * n}O" for n in range(1, 15)]
    + [f"C1CCCCC1{'C' * n}O" for n in range(1, 4)]
    + ["c1ccncc1CO", "c1ccoc1CO", "C1CCNC1CO"]
)


def test_scaffolds_do_not_cross_parts_and_nothing_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = scaffold_split(SMILES)
    assert capsys.readouterr() == ("", "")
    assert len(found) == len(SMILES)
    scaffolds = [{murcko_scaffold(SMILES[i]) for i in part} for part in found.parts.values()]
    assert not scaffolds[0] & (scaffolds[1] | scaffolds[2])
    assert not scaffolds[1] & scaffolds[2]
    assert len(found.valid)
    assert len(found.test)
    assert found.method == "scaffold"
    assert found.labels() == scaffold_split(SMILES).labels()


def test_numpys_generator_is_given_back(capfd: pytest.CaptureFixture[str]) -> None:
    before = np.random.get_state(legacy=False)["state"]["key"].copy()  # noqa: NPY002 - DeepChem's
    split("random", SMILES, (0.5, 0.25, 0.25), seed=3)
    split("max_min", SMILES, (0.5, 0.25, 0.25), seed=3)
    after = np.random.get_state(legacy=False)["state"]["key"]  # noqa: NPY002 - as above
    np.testing.assert_array_equal(after, before)
    assert capfd.readouterr() == ("", ""), "RDKit's warnings of old fingerprints are not heard"


def test_quiet_ends_with_its_block() -> None:
    level = logging.root.manager.disable
    with quiet():
        warnings.warn("unheard", stacklevel=1)
    assert logging.root.manager.disable == level
    with pytest.warns(UserWarning, match="heard"):
        warnings.warn("heard", stacklevel=1)


def test_a_dataset_of_deepchem_comes_back_with_its_gaps() -> None:
    y = np.array([[1.5, np.nan], [2.5, 0.0], [np.nan, 1.0]])
    dataset = to_dataset(["CCO", "CCN", "CCC"], np.eye(3), y)
    assert type(dataset).__module__.startswith("deepchem")
    assert dataset.get_shape()[1] == (3, 2)
    smiles, again = from_dataset(dataset)
    assert smiles == ["CCO", "CCN", "CCC"]
    np.testing.assert_array_equal(again, y)


def test_a_dataset_without_smiles_is_refused() -> None:
    from deepchem.data import NumpyDataset

    with pytest.raises(DatasetError, match="no SMILES"):
        from_dataset(NumpyDataset(X=np.eye(2), y=np.zeros((2, 1))))


def test_metrics_of_deepchem_agree_with_our_own() -> None:
    rng = np.random.default_rng(1)
    truth = rng.normal(size=(60, 2))
    truth[::3, 1] = np.nan
    said = truth.copy() + 0.3 * rng.normal(size=truth.shape)
    said[::3, 1] = 0.0
    found = measure("rms_score", truth, said, classification=False)
    known = ~np.isnan(truth[:, 1])
    assert found == pytest.approx(
        [rmse(truth[:, 0], said[:, 0]), rmse(truth[known, 1], said[known, 1])]
    )
    classes = (truth[:, :1] > 0).astype(float)
    chance = 1 / (1 + np.exp(-said[:, :1]))
    assert measure("roc_auc_score", classes, chance, classification=True) == pytest.approx(
        [roc_auc(classes[:, 0], chance[:, 0])]
    )
    with pytest.raises(InputError, match="did you mean 'rms_score'"):
        measure("rms_scor", truth, said, classification=False)
