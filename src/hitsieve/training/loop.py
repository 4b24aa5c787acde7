"""Fitting one network: a plain PyTorch loop."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from hitsieve.errors import DatasetError
from hitsieve.graphs.batch import make_batch
from hitsieve.graphs.environments import find_environments
from hitsieve.graphs.vocabulary import load_vocabulary
from hitsieve.networks.model import build_network
from hitsieve.networks.shared import can_share, predict_shared
from hitsieve.provenance import child_seed
from hitsieve.training.losses import LossSpec, multitask_loss
from hitsieve.training.scaling import target_scaling
from hitsieve.training.schedule import rate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    from hitsieve.networks.config import NetworkConfig
    from hitsieve.networks.model import GraphNetwork
    from hitsieve.training.config import TrainingConfig
    from hitsieve.training.data import TrainingSet
    from hitsieve.training.scaling import Scaling


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one pass over the data came to.

    Parameters
    ----------
    number
        From 1.
    train_loss, stopping_loss
        Mean loss per measured entry, in standardized units.
    rate
        Learning rate of the last step.
    """

    number: int
    train_loss: float
    stopping_loss: float
    rate: float


@dataclass(frozen=True, slots=True)
class FittedNetwork:
    """A fitted network: the weights of its best epoch, with the scaling of its outputs.

    Parameters
    ----------
    state
        As ``load_state_dict`` of the network takes it; on the CPU, float32.
    mean, std
        float32 (T,): a prediction is ``output * std + mean`` (regression), or the logistic
        function of that (classification).
    history
        Every epoch, in order.
    best
        Number of the epoch whose weights these are.
    """

    state: dict[str, Tensor]
    mean: np.ndarray
    std: np.ndarray
    history: tuple[Epoch, ...]
    best: int


def fit(
    network: NetworkConfig,
    config: TrainingConfig,
    train: TrainingSet,
    stopping: TrainingSet,
    seed: int,
    *,
    scaling: Scaling | None = None,
    progress: Callable[[Epoch], None] | None = None,
) -> FittedNetwork:
    """Fit a network; the same seed gives the same bytes on the same machine.

    Parameters
    ----------
    network, config
        Settings of the network and of the loop.
    train
        Molecules the weights learn from.
    stopping
        Molecules whose loss chooses the epoch; disjoint from ``train``.
    seed
        Of the first weights, of dropout, and of the order of the molecules.
    scaling
        Scaling of the targets; derived from ``train`` if not given.
    progress
        Called after each epoch.

    Raises
    ------
    DatasetError
        If there is nothing to learn (see
        :func:`~hitsieve.training.scaling.target_scaling`), or the loss stops being finite.
    """
    scaling = scaling or target_scaling(train, config)
    with _reproducible(child_seed(seed, "weights")):
        model = build_network(network, len(train.tasks))
        if model.side is not None and train.side is not None:
            model.side.standardize_by(torch.from_numpy(train.side))
        parts = (_Part(data, scaling, network, config.ranking) for data in (train, stopping))
        run = _Run(model, config, *parts)
        return run.fit(np.random.default_rng(child_seed(seed, "order")), progress)


class _Part:
    """A set of molecules with everything the loss needs, made once."""

    def __init__(
        self, data: TrainingSet, scaling: Scaling, network: NetworkConfig, ranking: float
    ) -> None:
        classification = np.array([task == "classification" for task in data.tasks])
        self.graphs = data.graphs
        self.side = None if data.side is None else torch.from_numpy(data.side)
        self.vocabulary = load_vocabulary(network.vocabulary)
        self.y = torch.from_numpy(scaling.standardize(data.y, classification))
        self.relation = torch.from_numpy(data.relation.astype(np.int8))
        self.spec = LossSpec(
            torch.from_numpy(classification), torch.from_numpy(scaling.positive_weight), ranking
        )
        self.scaling = scaling

    def __len__(self) -> int:
        return len(self.graphs)

    def loss(self, model: GraphNetwork, index: np.ndarray) -> tuple[Tensor, int]:
        rows = torch.from_numpy(index)
        side = None if self.side is None else self.side[rows]
        if can_share(model):
            graphs = self.graphs.take(index)
            found = find_environments(graphs, self.vocabulary, model.config.depth)
            output = predict_shared(model, found, side)
        else:
            output = model(make_batch(self.graphs, index, self.vocabulary), side)
        y = self.y[rows]
        measured = int((~torch.isnan(y)).sum())
        return multitask_loss(output, y, self.relation[rows], self.spec), measured


class _Run:
    """One fit under way."""

    def __init__(
        self, model: GraphNetwork, config: TrainingConfig, train: _Part, stopping: _Part
    ) -> None:
        self.model, self.config, self.train, self.stopping = model, config, train, stopping
        self.steps = max(1, len(train) // config.batch_size)
        self.optimizer = torch.optim.AdamW(
            _parameter_groups(model, config.weight_decay), lr=config.learning_rate
        )
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, self._rate)

    def fit(
        self, order: np.random.Generator, progress: Callable[[Epoch], None] | None
    ) -> FittedNetwork:
        history: list[Epoch] = []
        best, best_loss, state = 0, float("inf"), _copy(self.model)
        for number in range(1, self.config.epochs + 1):
            learned = self._epoch(order)
            epoch = Epoch(
                number, learned, self._stopping_loss(), float(self.schedule.get_last_lr()[0])
            )
            history.append(epoch)
            if progress is not None:
                progress(epoch)
            if self.config.keep == "last" or epoch.stopping_loss < best_loss:
                best, best_loss, state = number, epoch.stopping_loss, _copy(self.model)
            if number - best >= self.config.patience:
                break
        scaling = self.train.scaling
        return FittedNetwork(state, scaling.mean, scaling.std, tuple(history), best)

    def _epoch(self, order: np.random.Generator) -> float:
        self.model.train()
        shuffled = order.permutation(len(self.train))
        total, entries = 0.0, 0
        # array_split keeps the batches of like size: none is left with one molecule.
        for index in np.array_split(shuffled, self.steps):
            loss, measured = self.train.loss(self.model, index)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip)
            self.optimizer.step()
            self.schedule.step()
            total += float(loss.detach()) * measured
            entries += measured
        return _finite(total / max(1, entries))

    @torch.inference_mode()
    def _stopping_loss(self) -> float:
        self.model.eval()
        total, entries = 0.0, 0
        for start in range(0, len(self.stopping), 256):
            index = np.arange(start, min(start + 256, len(self.stopping)))
            loss, measured = self.stopping.loss(self.model, index)
            total += float(loss) * measured
            entries += measured
        return _finite(total / max(1, entries))

    def _rate(self, step: int) -> float:
        return rate(
            step,
            warmup=self.config.warmup * self.steps,
            total=self.config.epochs * self.steps,
            final=self.config.final_rate,
        )


def _parameter_groups(model: GraphNetwork, weight_decay: float) -> list[dict[str, Any]]:
    # Decay pulls matrices to zero; biases and scales have no reason to be small.
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim <= 1]
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]


def _copy(model: GraphNetwork) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def _finite(loss: float) -> float:
    if not np.isfinite(loss):
        raise DatasetError(
            "the loss is not finite",
            cure="look for huge values among the labels, or lower training.learning_rate",
        )
    return loss


@contextmanager
def _reproducible(seed: int) -> Iterator[None]:
    # Initial weights and dropout draw from PyTorch's global generator, which takes no
    # generator as an argument: it is seeded inside a fork and given back as it was. One
    # thread, because the order of a parallel sum would change its last bits.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)
