from __future__ import annotations

import numpy as np
import pytest

from hitsieve.networks.config import NetworkConfig
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.fold_networks import fit_fold_networks
from hitsieve.training.config import TrainingConfig

SMILES = [f"{'C' * n}{end}" for n in range(2, 14) for end in ("O", "N")]
NETWORK = NetworkConfig(hidden=16, head_hidden=16, depth=2)
TRAINING = TrainingConfig(members=1, epochs=20, warmup=1, batch_size=8)


@pytest.fixture(scope="module")
def batch() -> CompoundBatch:
    return CompoundBatch.from_smiles(SMILES)


def test_each_member_left_out_its_fold_and_all_repeat(batch: CompoundBatch) -> None:
    y = np.array([text.count("C") for text in SMILES], dtype=np.float64)
    folds = [np.arange(0, 24, 2), np.arange(1, 24, 2)]
    one, same = (fit_fold_networks(batch, y, folds, NETWORK, TRAINING, 3) for _ in range(2))
    values = one.member_values(batch)
    assert values.shape == (2, 24)
    assert values.tobytes() == same.member_values(batch).tobytes()
    assert np.corrcoef(values.mean(axis=0), y)[0, 1] > 0.8
    # Values that change places within a fold change only the members that learn from it.
    changed = y.copy()
    changed[folds[0]] = y[folds[0]][::-1]
    other = fit_fold_networks(batch, changed, folds, NETWORK, TRAINING, 3)
    apart = np.abs(other.member_values(batch) - values).mean(axis=1)
    assert apart[0] < 0.2 * apart[1]


def test_going_on_from_a_former_ensemble(batch: CompoundBatch) -> None:
    y = np.array([text.count("C") for text in SMILES], dtype=np.float64)
    folds = [np.arange(0, 24, 2), np.arange(1, 24, 2)]
    former = fit_fold_networks(batch, y, folds, NETWORK, TRAINING, 3)
    short = TRAINING.model_copy(update={"epochs": 2})
    tuned = fit_fold_networks(batch, y, folds, NETWORK, short, 4, former)
    fresh = fit_fold_networks(batch, y, folds, NETWORK, short, 4)
    errors = [
        np.mean((model.member_values(batch).mean(axis=0) - y) ** 2) for model in (tuned, fresh)
    ]
    assert errors[0] < errors[1]
