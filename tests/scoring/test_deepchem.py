"""DeepChem's networks as scorers, trained and held to the scorers' contract."""

from __future__ import annotations

import functools
import pickle
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest

from hitsieve.chem.fingerprints import morgan_from_smiles
from hitsieve.errors import DatasetError
from hitsieve.metrics.classification import roc_auc
from hitsieve.metrics.regression import spearman
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.deepchem import DeepChemScorer
from hitsieve.testing.scorer_kit import SCORER_CHECKS, sample_batch

if TYPE_CHECKING:
    from collections.abc import Callable

RINGS = ("c1ccccc1", "c1ccncc1", "C1CCCCC1", "c1ccsc1", "C1CCNCC1", "c1ccc2ccccc2c1")
SMILES = [
    f"{'C' * n}{link}{ring}" for ring in RINGS for link in ("O", "N", "") for n in range(1, 8)
]
NITROGEN = np.array([text.upper().count("N") for text in SMILES], dtype=np.float32)
TEST = np.arange(0, len(SMILES), 5)
LEARN = np.setdiff1d(np.arange(len(SMILES)), TEST)


@functools.cache
def _scorer(task: Literal["regression", "classification"]) -> DeepChemScorer:
    value = NITROGEN if task == "regression" else (NITROGEN > 0).astype(np.float32)
    y = np.stack([value, value], axis=1)
    y[::7, 1] = np.nan
    morgan = morgan_from_smiles(SMILES)
    return DeepChemScorer.fit(
        morgan[LEARN],
        y[LEARN],
        targets=["nitrogens", "most nitrogens"],
        task=task,
        seed=3,
        members=2,
        epochs=15,
    )


@pytest.mark.parametrize("check", SCORER_CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("task", ["regression", "classification"])
def test_contract(
    task: Literal["regression", "classification"],
    check: Callable[[DeepChemScorer, CompoundBatch], None],
) -> None:
    check(_scorer(task), sample_batch())


def test_it_has_learned() -> None:
    batch = CompoundBatch.from_smiles([SMILES[row] for row in TEST])
    values = _scorer("regression").score(batch).mean
    assert spearman(NITROGEN[TEST], values[:, 0]) > 0.8
    chance = _scorer("classification").score(batch).mean
    assert ((chance >= 0) & (chance <= 1)).all()
    assert roc_auc(NITROGEN[TEST] > 0, chance[:, 1]) > 0.9


def test_a_seed_gives_the_same_bytes_and_leaves_the_generator_alone() -> None:
    morgan, y = morgan_from_smiles(SMILES[:40]), NITROGEN[:40, None]
    state = np.random.get_state()[1].copy()  # type: ignore[index]  # noqa: NPY002 - it must not move
    first, second = (
        DeepChemScorer.fit(morgan, y, targets=["n"], task="regression", seed=5, members=1, epochs=2)
        for _ in range(2)
    )
    assert pickle.dumps(first.members) == pickle.dumps(second.members)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # type: ignore[index]  # noqa: NPY002


def test_a_target_without_values_is_refused() -> None:
    with pytest.raises(DatasetError, match="'n' was never measured"):
        DeepChemScorer.fit(
            morgan_from_smiles(SMILES[:9]),
            np.full((9, 1), np.nan),
            targets=["n"],
            task="regression",
            seed=1,
        )
