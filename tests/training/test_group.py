from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from safetensors.torch import load, save
from torch import distributed

from hitsieve.networks.config import NetworkConfig
from hitsieve.training.config import TrainingConfig
from hitsieve.training.group import Group
from hitsieve.training.loop import fit
from hitsieve.training.trail import Trail

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.training.data import TrainingSet
    from hitsieve.training.fitted import FittedNetwork

NETWORK = NetworkConfig(hidden=16, head_hidden=16, readout="sum")
CONFIG = TrainingConfig(members=1, epochs=4, warmup=1, batch_size=16, learning_rate=5e-3)


def _fit(data: TrainingSet, group: Group, trail: Trail) -> FittedNetwork:
    learn, keep = data.take(np.arange(75)), data.take(np.arange(80, 96))
    return fit(NETWORK, CONFIG, learn, keep, 1, group=group, trail=trail)


def _process(rank: int, size: int, data: TrainingSet, folder: Path, states: Path | None) -> None:
    torch.set_num_threads(1)
    store = f"file://{folder}/meet"
    distributed.init_process_group("gloo", init_method=store, rank=rank, world_size=size)
    trail = Trail(None, states, seconds=0, writes=rank == 0)
    fitted = _fit(data, Group(rank, size), trail)
    losses = torch.tensor([epoch.stopping_loss for epoch in fitted.history], dtype=torch.float64)
    (folder / f"{rank}").write_bytes(save(fitted.state | {"losses": losses}))
    distributed.destroy_process_group()


def _together(data: TrainingSet, folder: Path, states: Path | None = None) -> list[bytes]:
    folder.mkdir()
    start = multiprocessing.get_context("fork")
    children = [
        start.Process(target=_process, args=(rank, 2, data, folder, states)) for rank in range(2)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0]
    return [(folder / f"{rank}").read_bytes() for rank in range(2)]


@pytest.fixture(scope="module")
def shared(data: TrainingSet, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    return _together(data, tmp_path_factory.mktemp("group") / "first")


def test_two_processes_fit_what_one_fits(data: TrainingSet, shared: list[bytes]) -> None:
    assert shared[0] == shared[1]
    alone = _fit(data, Group(), Trail())
    found = load(shared[0])
    for name, weight in alone.state.items():
        torch.testing.assert_close(found[name], weight, rtol=1e-2, atol=1e-4)


def test_equal_seeds_give_equal_bytes(
    data: TrainingSet, shared: list[bytes], tmp_path: Path
) -> None:
    assert _together(data, tmp_path / "again") == shared


def test_processes_go_on_from_a_state(
    data: TrainingSet, shared: list[bytes], tmp_path: Path
) -> None:
    states = tmp_path / "states"
    assert _together(data, tmp_path / "one", states) == shared
    assert len(list(states.iterdir())) == 1
    assert _together(data, tmp_path / "two", states) == shared


def test_shares_are_the_whole() -> None:
    index = np.arange(11)
    parts = [Group(rank, 3).share(index) for rank in range(3)]
    assert sorted(np.concatenate(parts)) == index.tolist()
    assert Group().share(index) is not None
    assert np.array_equal(Group().share(index), index)
