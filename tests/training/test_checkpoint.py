from __future__ import annotations

import dataclasses
import logging
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.training.checkpoint import Snapshot, fit_digest, read_snapshot, write_snapshot
from hitsieve.training.config import TrainingConfig
from hitsieve.training.fitted import Epoch
from hitsieve.training.scaling import target_scaling

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.training.data import TrainingSet


@pytest.fixture
def snapshot() -> Snapshot:
    order = np.random.default_rng(7)
    order.permutation(5)
    return Snapshot(
        history=(Epoch(1, 0.1 + 0.2, 1 / 3, 1e-3),),
        best=1,
        best_loss=1 / 3,
        model={"a.weight": torch.rand(2, 3), "b": torch.rand(1)},
        kept={"a.weight": torch.rand(2, 3), "b": torch.rand(1)},
        optimizer={"a.weight.step": torch.tensor(4.0), "a.weight.exp_avg": torch.rand(2, 3)},
        order=dict(order.bit_generator.state),
        noise=torch.get_rng_state(),
    )


def test_a_state_comes_back_bit_for_bit(snapshot: Snapshot, tmp_path: Path) -> None:
    path = tmp_path / "member-0.safetensors"
    write_snapshot(path, snapshot, "d1")
    found = read_snapshot(path, "d1")
    assert found is not None
    for field in dataclasses.fields(Snapshot):
        then, now = getattr(snapshot, field.name), getattr(found, field.name)
        if isinstance(then, dict) and field.name != "order":
            assert then.keys() == now.keys()
            assert all(torch.equal(then[name], now[name]) for name in then)
        elif isinstance(then, torch.Tensor):
            assert torch.equal(then, now)
        else:
            assert then == now


def test_nothing_is_taken_from_another_fit(snapshot: Snapshot, tmp_path: Path) -> None:
    path = tmp_path / "state.safetensors"
    assert read_snapshot(path, "d1") is None
    write_snapshot(path, snapshot, "d1")
    assert read_snapshot(path, "d2") is None


@pytest.mark.parametrize("damage", ["cut", "noise", "other"])
def test_a_damaged_file_is_told_and_not_used(
    damage: str, snapshot: Snapshot, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "state.safetensors"
    write_snapshot(path, snapshot, "d1")
    whole = path.read_bytes()
    path.write_bytes({"cut": whole[: len(whole) // 2], "noise": b"\xff" * 64, "other": b""}[damage])
    with caplog.at_level(logging.WARNING):
        assert read_snapshot(path, "d1") is None
    assert "is not used" in caplog.text


def test_the_identity_changes_with_all_that_matters(data: TrainingSet) -> None:
    network, config = NetworkConfig(hidden=8, head_hidden=8), TrainingConfig()
    scaling = target_scaling(data, config)
    torch.manual_seed(1)
    start = build_network(network, 2).state_dict()
    parts = (data.take(np.arange(80)), data.take(np.arange(80, 96)))
    first = fit_digest(network, config, parts, scaling, start, 1)
    assert fit_digest(network, config, parts, scaling, start, 1) == first
    changed = data.y.copy()
    changed[3, 0] += 1e-3
    other_labels = dataclasses.replace(data, y=changed).take(np.arange(80))
    bound = data.relation.copy()
    bound[3, 0] = 1
    other_bounds = dataclasses.replace(data, relation=bound).take(np.arange(80))
    weights = {name: value + 1 for name, value in start.items()}
    others = [
        fit_digest(network, config, parts, scaling, start, 2),
        fit_digest(network, config, parts, scaling, weights, 1),
        fit_digest(network, config, (other_labels, parts[1]), scaling, start, 1),
        fit_digest(network, config, (other_bounds, parts[1]), scaling, start, 1),
        fit_digest(network, config, (parts[0], data.take(np.arange(79, 95))), scaling, start, 1),
        fit_digest(network.model_copy(update={"depth": 4}), config, parts, scaling, start, 1),
        fit_digest(network, config.model_copy(update={"clip": 1.0}), parts, scaling, start, 1),
    ]
    assert len({first, *others}) == len(others) + 1
