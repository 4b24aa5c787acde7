from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from hitsieve.errors import DatasetError
from hitsieve.graphs.batch import make_batch
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.metrics.classification import roc_auc
from hitsieve.networks.model import build_network
from hitsieve.training.config import TrainingConfig
from hitsieve.training.data import TrainingSet
from hitsieve.training.loop import fit

if TYPE_CHECKING:
    from hitsieve.networks.config import NetworkConfig
    from hitsieve.training.fitted import Epoch, FittedNetwork

LEARN, STOP = np.arange(80), np.arange(80, 96)


def _fit(
    data: TrainingSet, network: NetworkConfig, config: TrainingConfig, seed: int = 1
) -> FittedNetwork:
    return fit(network, config, data.take(LEARN), data.take(STOP), seed)


def _predict(fitted: FittedNetwork, data: TrainingSet, network: NetworkConfig) -> np.ndarray:
    model = build_network(network, len(data.tasks))
    model.load_state_dict(fitted.state)
    model.eval()
    with torch.inference_mode():
        raw = model(make_batch(data.graphs, None, model.vocabulary)).numpy()
    return raw * fitted.std + fitted.mean


def test_it_learns_both_kinds_of_task(
    data: TrainingSet, network: NetworkConfig, config: TrainingConfig
) -> None:
    longer = config.model_copy(update={"epochs": 40, "patience": 40})
    fitted = _fit(data, network, longer)
    values = _predict(fitted, data.take(STOP), network)
    truth = data.y[STOP]
    assert np.sqrt(np.mean((values[:, 0] - truth[:, 0]) ** 2)) < 0.5 * truth[:, 0].std()
    assert ((values[:, 1] > 0) == (truth[:, 1] == 1)).mean() > 0.9


def test_the_loss_is_the_one_that_is_asked_for(
    data: TrainingSet, network: NetworkConfig, config: TrainingConfig
) -> None:
    """One label in eight is wrong by far; what the network says of the others is asked."""
    y = data.y.copy()
    wrong = np.arange(0, len(y), 8)
    y[wrong, 0] += np.where(np.arange(len(wrong)) % 3 == 0, -30, 30)
    planted = dataclasses.replace(data, y=y)
    right = np.setdiff1d(np.arange(len(y)), wrong)
    error = {}
    for loss in ("square", "huber"):
        longer = config.model_copy(update={"epochs": 30, "patience": 30, "loss": loss})
        values = _predict(_fit(planted, network, longer), data, network)
        error[loss] = np.abs(values[right, 0] - data.y[right, 0]).mean()
    assert error["huber"] < 0.7 * error["square"], error


def test_a_seed_gives_the_same_bytes(
    data: TrainingSet, network: NetworkConfig, config: TrainingConfig
) -> None:
    dropping = network.model_copy(update={"dropout": 0.2})
    first, second = (_fit(data, dropping, config, seed=5) for _ in range(2))
    other = _fit(data, dropping, config, seed=6)
    assert first.history == second.history
    for name, tensor in first.state.items():
        assert tensor.numpy().tobytes() == second.state[name].numpy().tobytes()
    assert first.history != other.history


def test_fewer_steps_an_epoch_are_larger_batches(
    data: TrainingSet, network: NetworkConfig, config: TrainingConfig
) -> None:
    fewer = config.model_copy(update={"epochs": 3, "most_steps": 2})
    larger = config.model_copy(update={"epochs": 3, "batch_size": 40})
    limited, wide = (_fit(data, network, settings) for settings in (fewer, larger))
    assert limited.history == wide.history
    for name, tensor in limited.state.items():
        assert tensor.numpy().tobytes() == wide.state[name].numpy().tobytes()
    without = config.model_copy(update={"epochs": 3, "most_steps": 6})
    assert _fit(data, network, without).history != wide.history


def test_the_global_generator_and_threads_are_left_alone(
    data: TrainingSet, network: NetworkConfig, config: TrainingConfig
) -> None:
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    threads = torch.get_num_threads()
    _fit(data, network, config.model_copy(update={"epochs": 2}))
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads


def test_the_best_epoch_is_kept(
    data: TrainingSet, network: NetworkConfig, config: TrainingConfig
) -> None:
    fitted = _fit(data, network, config)
    losses = [epoch.stopping_loss for epoch in fitted.history]
    assert fitted.best == int(np.argmin(losses)) + 1
    until = config.model_copy(update={"epochs": len(losses)})
    assert _fit(data, network, until).best == fitted.best


def test_patience_ends_a_fit(
    data: TrainingSet, network: NetworkConfig, config: TrainingConfig
) -> None:
    wild = config.model_copy(update={"learning_rate": 0.5, "patience": 2, "epochs": 100})
    fitted = _fit(data, network, wild)
    assert len(fitted.history) == fitted.best + 2 < 100


def test_progress_hears_every_epoch(
    data: TrainingSet, network: NetworkConfig, config: TrainingConfig
) -> None:
    heard: list[Epoch] = []
    fitted = fit(network, config, data.take(LEARN), data.take(STOP), 1, progress=heard.append)
    assert tuple(heard) == fitted.history
    assert [epoch.number for epoch in heard] == list(range(1, len(heard) + 1))


def test_gaps_and_bounds_train(
    data: TrainingSet, network: NetworkConfig, config: TrainingConfig
) -> None:
    y, relation = data.y.copy(), data.relation.copy()
    y[::2, 0] = np.nan
    y[1::2, 1] = np.nan
    relation[1::4, 0] = 1
    fitted = _fit(dataclasses.replace(data, y=y, relation=relation), network, config)
    assert all(np.isfinite(epoch.train_loss) for epoch in fitted.history)
    assert fitted.history[-1].train_loss < fitted.history[0].train_loss


def test_a_loss_that_explodes_says_what_to_do(
    data: TrainingSet, network: NetworkConfig, config: TrainingConfig
) -> None:
    y = data.y.copy()
    y[:, 0] = np.linspace(0, 1e-3, len(y))
    y[90, 0] = 3e38  # among the molecules that stop, so the scale does not know it
    with pytest.raises(DatasetError, match="huge values"), np.errstate(over="ignore"):
        _fit(dataclasses.replace(data, y=y), network, config)


def test_a_fit_starts_from_pretrained_weights(
    data: TrainingSet, network: NetworkConfig, config: TrainingConfig
) -> None:
    torch.manual_seed(1)
    given = {
        name: value
        for name, value in build_network(network, 2).state_dict().items()
        if name.startswith("encoder.")
    }
    still = config.model_copy(update={"epochs": 2, "learning_rate": 1e-12, "weight_decay": 0.0})
    found = fit(network, still, data, data, 0, encoder=given).state
    drawn = fit(network, still, data, data, 0).state
    assert torch.allclose(found["encoder.W_h.weight"], given["encoder.W_h.weight"], atol=1e-6)
    assert not torch.allclose(drawn["encoder.W_h.weight"], given["encoder.W_h.weight"], atol=1e-3)


def test_a_rare_class_is_learned_and_its_probability_stays_honest(network: NetworkConfig) -> None:
    """One molecule of sixteen holds nitrogen; a few epochs are given to learn it."""
    rng = np.random.default_rng(5)
    smiles = [
        "C" * int(rng.integers(2, 9)) + ("N" if i % 16 == 0 else rng.choice(["O", "F", ""]))
        for i in range(256)
    ]
    y = np.array([["N" in text] for text in smiles], dtype=np.float32)
    none = np.zeros(y.shape, dtype=np.int8)
    data = TrainingSet(PackedGraphs.from_smiles(smiles), y, none, ("classification",))
    chance = {}
    for balance in ("none", "weighted"):
        config = TrainingConfig.model_validate(
            {"epochs": 25, "warmup": 1, "batch_size": 16, "learning_rate": 5e-3, "balance": balance}
        )
        fitted = fit(network, config, data.take(np.arange(192)), data.take(np.arange(192, 256)), 2)
        model = build_network(network, 1)
        model.load_state_dict(fitted.state)
        with torch.inference_mode():
            raw = model.eval()(make_batch(data.graphs, None, model.vocabulary)).numpy()
        chance[balance] = 1 / (1 + np.exp(-(raw * fitted.std + fitted.mean)))[:, 0]
    rare = y[:, 0] == 1
    for values in chance.values():
        assert roc_auc(rare, values) > 0.9
        assert abs(values.mean() - rare.mean()) < 0.5 * rare.mean(), "the weight is taken out again"


def test_a_network_learns_which_values_are_noisy(
    data: TrainingSet, network: NetworkConfig, config: TrainingConfig
) -> None:
    """Molecules with oxygen are measured with ten times the error of the others."""
    rng = np.random.default_rng(2)
    noisy = data.y[:, 1] == 1
    y = data.y[:, :1] + np.where(noisy, 2.0, 0.2)[:, None] * rng.normal(size=(96, 1))
    whole = dataclasses.replace(
        data, y=y.astype(np.float32), relation=data.relation[:, :1], tasks=("regression",)
    )
    spread = network.model_copy(update={"spread": True})
    fitted = _fit(whole, spread, config.model_copy(update={"epochs": 60, "patience": 60}))
    model = build_network(spread, 1)
    model.load_state_dict(fitted.state)
    with torch.inference_mode():
        raw = model.eval()(make_batch(whole.graphs, None, model.vocabulary)).numpy()
    assert raw.shape == (96, 2)
    learned = np.exp(0.5 * raw[:, 1]) * fitted.std[0]
    assert 1.0 < learned[noisy].mean() < 4.0
    assert learned[~noisy].mean() < 0.5 * learned[noisy].mean()
