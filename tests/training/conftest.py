from __future__ import annotations

import numpy as np
import pytest

from hitsieve.graphs.packed import PackedGraphs
from hitsieve.networks.config import NetworkConfig
from hitsieve.training.config import TrainingConfig
from hitsieve.training.data import TrainingSet


def carbons(n: int) -> TrainingSet:
    """Chains and rings with oxygens: the first target counts carbons, the second asks for O."""
    smiles = [
        "C" * (2 + i % 9) + ("O" if i % 3 == 0 else "") + ("c1ccccc1" if i % 4 == 0 else "")
        for i in range(n)
    ]
    y = np.array([[text.upper().count("C"), "O" in text] for text in smiles], dtype=np.float32)
    return TrainingSet(
        PackedGraphs.from_smiles(smiles),
        y,
        np.zeros(y.shape, dtype=np.int8),
        ("regression", "classification"),
    )


@pytest.fixture(scope="session")
def data() -> TrainingSet:
    return carbons(96)


@pytest.fixture
def network() -> NetworkConfig:
    return NetworkConfig(hidden=24, head_hidden=24, depth=3, readout="sum")


@pytest.fixture
def config() -> TrainingConfig:
    return TrainingConfig(members=2, epochs=12, warmup=1, batch_size=16, learning_rate=5e-3)
