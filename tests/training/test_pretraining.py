from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from hitsieve.chem.pretext import pretext
from hitsieve.errors import DatasetError
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.networks.config import NetworkConfig
from hitsieve.training.pretext import PretextSet
from hitsieve.training.pretraining import PretrainingConfig, pretrain

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.training.pretraining import PretrainingEpoch

CONFIG = PretrainingConfig(epochs=4, batch_size=16, holdout=16, learning_rate=5e-3)
NETWORK = NetworkConfig(hidden=24, depth=2, readout="sum", head_hidden=32)


@pytest.fixture(scope="module")
def data() -> PretextSet:
    parts = ["C", "N", "O", "c1ccccc1", "C(=O)O", "Cl", "C#N", "C1CCCC1"]
    rng = np.random.default_rng(0)
    smiles = ["C" + "".join(rng.choice(parts[:5], 4)) + str(rng.choice(parts)) for _ in range(96)]
    return PretextSet(PackedGraphs.from_smiles(smiles), pretext(smiles))


def test_errors_on_new_compounds_fall(data: PretextSet) -> None:
    history = pretrain(data, NETWORK, CONFIG.model_copy(update={"epochs": 16}), 0).history
    assert [epoch.number for epoch in history] == list(range(1, 17))
    assert history[-1].descriptors < 0.85 * history[0].descriptors
    assert history[-1].train < 0.8 * history[0].train


def test_only_the_encoder_is_kept(data: PretextSet) -> None:
    short = CONFIG.model_copy(update={"epochs": 1})
    state = pretrain(data, NETWORK, short, 0).state
    assert "encoder.W_h.weight" in state
    assert all(name.startswith("encoder.") for name in state)


def test_a_seed_gives_the_same_bytes(data: PretextSet) -> None:
    short = CONFIG.model_copy(update={"epochs": 1})
    first, again = (pretrain(data, NETWORK, short, 7).state for _ in range(2))
    other = pretrain(data, NETWORK, short, 8).state
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["encoder.W_h.weight"], other["encoder.W_h.weight"])


def test_an_interrupted_run_ends_with_the_same_bytes(data: PretextSet, tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    whole = pretrain(data, NETWORK, CONFIG, 3).state

    def stop(epoch: PretrainingEpoch) -> None:
        if epoch.number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pretrain(data, NETWORK, CONFIG, 3, checkpoint=path, progress=stop)
    told: list[int] = []
    resumed = pretrain(
        data, NETWORK, CONFIG, 3, checkpoint=path, progress=lambda epoch: told.append(epoch.number)
    )
    assert told == [3, 4]
    assert len(resumed.history) == 4
    assert all(torch.equal(whole[name], resumed.state[name]) for name in whole)


def test_a_checkpoint_of_other_settings_is_not_taken(data: PretextSet, tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    short = CONFIG.model_copy(update={"epochs": 1})
    pretrain(data, NETWORK, short, 0, checkpoint=path)
    told: list[int] = []
    pretrain(
        data, NETWORK, short, 1, checkpoint=path, progress=lambda epoch: told.append(epoch.number)
    )
    assert told == [1]


def test_too_few_compounds_are_told(data: PretextSet) -> None:
    with pytest.raises(DatasetError, match="96 compounds are too few"):
        pretrain(data, NETWORK, CONFIG.model_copy(update={"holdout": 60}), 0)
