"""Fitting one network: a plain PyTorch loop that can be interrupted, and shared by processes."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from hitsieve.errors import DatasetError
from hitsieve.networks.memory import keep_freed_memory
from hitsieve.networks.model import build_network
from hitsieve.provenance import child_seed
from hitsieve.training.checkpoint import Snapshot, fit_digest
from hitsieve.training.device import fitting_device
from hitsieve.training.fitted import Epoch, FittedNetwork
from hitsieve.training.group import Group
from hitsieve.training.part import Part
from hitsieve.training.scaling import target_scaling
from hitsieve.training.schedule import rate
from hitsieve.training.trail import Trail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from torch import Tensor

    from hitsieve.networks.config import NetworkConfig
    from hitsieve.networks.model import GraphNetwork
    from hitsieve.training.config import TrainingConfig
    from hitsieve.training.data import TrainingSet
    from hitsieve.training.scaling import Scaling
    from hitsieve.training.trail import Steps

_ALONE = Group()
_PROCESSOR = torch.device("cpu")
_NO_TRAIL = Trail()


def fit(  # noqa: PLR0913 - what, on what, and six that have defaults
    network: NetworkConfig,
    config: TrainingConfig,
    train: TrainingSet,
    stopping: TrainingSet,
    seed: int,
    *,
    scaling: Scaling | None = None,
    encoder: Mapping[str, Tensor] | None = None,
    progress: Callable[[Epoch], None] | None = None,
    trail: Trail = _NO_TRAIL,
    group: Group = _ALONE,
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
    encoder
        Pretrained weights that the encoder starts from, named as in the network; drawn from the
        seed if not given.
    progress
        Called after each epoch that is computed here.
    trail
        Where curves and states go. A fit whose state lies there already goes on from it, to the
        same bytes as one that was never interrupted.
    group
        The processes that share the batches; this one alone by default. All of them return the
        same network.

    Raises
    ------
    DatasetError
        If there is nothing to learn (see
        :func:`~hitsieve.training.scaling.target_scaling`), or the loss stops being finite.
    ConfigError
        If the device asked for is not there.
    """
    keep_freed_memory()
    scaling = scaling or target_scaling(train, config)
    device = fitting_device(config.device)
    data = (train, stopping)
    with reproducible(child_seed(seed, "weights"), device):
        model = build_network(network, len(train.tasks))
        if model.side is not None and train.side is not None:
            model.side.standardize_by(torch.from_numpy(train.side))
        if encoder is not None:
            model.load_state_dict(encoder, strict=False)
        start = model.state_dict()
        steps = trail.start(fit_digest(network, config, data, scaling, start, seed))
        parts = [Part(part, scaling, network, config.ranking, device, config.loss) for part in data]
        run = _Run(model.to(device), config, parts[0], parts[1], group)
        order = np.random.default_rng(child_seed(seed, "order"))
        return run.fit(order, steps, progress, child_seed(seed, "noise", group.rank))


@dataclass(slots=True)
class _State:
    """How far a fit has come."""

    history: list[Epoch]
    best: int
    best_loss: float
    kept: dict[str, Tensor]


class _Run:
    """One fit under way."""

    def __init__(
        self,
        model: GraphNetwork,
        config: TrainingConfig,
        train: Part,
        stopping: Part,
        group: Group,
    ) -> None:
        self.model, self.config, self.train, self.stopping = model, config, train, stopping
        self.group = group
        self.steps = config.steps(len(train))
        self.step = 0
        self.optimizer = torch.optim.AdamW(
            _parameter_groups(model, config.weight_decay),
            lr=config.learning_rate,
            fused=train.device.type == "cpu",  # weights are passed once: a quarter of the time
        )

    def fit(
        self,
        order: np.random.Generator,
        steps: Steps,
        progress: Callable[[Epoch], None] | None,
        noise: int,
    ) -> FittedNetwork:
        state = self._resume(order, steps)
        while not self._ended(state):
            number = len(state.history) + 1
            if self.group.size > 1:
                torch.manual_seed(child_seed(noise, number))  # dropout of one's own share
            learned = self._epoch(order)
            loss = self._stopping_loss()
            epoch = Epoch(number, learned, loss, self.config.learning_rate * self._rate())
            state.history.append(epoch)
            if self.config.keep == "last" or loss < state.best_loss:
                state.best, state.best_loss, state.kept = number, loss, _copy(self.model)
            steps.epoch(epoch)
            if progress is not None:
                progress(epoch)
            if steps.due(ended=self._ended(state)):
                steps.save(self._snapshot(state, order))
        scaling = self.train.scaling
        return FittedNetwork(
            state.kept, scaling.mean, scaling.std, tuple(state.history), state.best
        )

    def _ended(self, state: _State) -> bool:
        number = len(state.history)
        patience_ended = number > 0 and number - state.best >= self.config.patience
        return number >= self.config.epochs or patience_ended

    def _epoch(self, order: np.random.Generator) -> float:
        self.model.train()
        shuffled = order.permutation(len(self.train))
        total, entries = 0.0, 0
        # array_split keeps the batches of like size: none is left with one molecule.
        for index in np.array_split(shuffled, self.steps):
            loss, measured = self.train.loss(self.model, self.group.share(index))
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            self.group.average(self.model, measured)
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip)
            for parameters in self.optimizer.param_groups:
                parameters["lr"] = self.config.learning_rate * self._rate()
            self.optimizer.step()
            self.step += 1
            total += float(loss.detach()) * measured
            entries += measured
        sums = torch.tensor([total, entries], dtype=torch.float64, device=self.train.device)
        total, entries = self.group.total(sums).tolist()
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
        return _finite(self.group.agree(total / max(1, entries), self.train.device))

    def _rate(self) -> float:
        return rate(
            self.step,
            warmup=self.config.warmup * self.steps,
            total=self.config.epochs * self.steps,
            final=self.config.final_rate,
        )

    def _snapshot(self, state: _State, order: np.random.Generator) -> Snapshot:
        names = {id(weight): name for name, weight in self.model.named_parameters()}
        remembered = {
            f"{names[id(weight)]}.{what}": value
            for weight, facts in self.optimizer.state.items()
            for what, value in facts.items()
        }
        return Snapshot(
            history=tuple(state.history),
            best=state.best,
            best_loss=state.best_loss,
            model=self.model.state_dict(),
            kept=state.kept,
            optimizer=remembered,
            order=dict(order.bit_generator.state),
            noise=_noise(self.train.device),
        )

    def _agreed(self, found: Snapshot | None) -> Snapshot | None:
        """Go on only if all processes read the same state."""
        epochs = len(found.history) if found else 0
        first = self.group.agree(epochs, self.train.device)
        apart = torch.tensor([float(epochs != first)], device=self.train.device)
        return None if self.group.total(apart).item() else found

    def _resume(self, order: np.random.Generator, steps: Steps) -> _State:
        """Go on from where the fit was interrupted, or start."""
        found = self._agreed(steps.resume())
        if found is None:
            return _State([], 0, float("inf"), _copy(self.model))
        self.model.load_state_dict(found.model)
        for name, weight in self.model.named_parameters():
            for what, value in found.optimizer.items():
                if what.rpartition(".")[0] == name:
                    # the count of steps lives on the processor, moments where the weights are
                    place = value if value.ndim == 0 else value.to(weight.device)
                    self.optimizer.state[weight][what.rpartition(".")[2]] = place
        order.bit_generator.state = found.order
        _set_noise(found.noise, self.train.device)
        self.step = len(found.history) * self.steps
        return _State(list(found.history), found.best, found.best_loss, found.kept)


def _parameter_groups(model: GraphNetwork, weight_decay: float) -> list[dict[str, Any]]:
    # Decay pulls matrices to zero; biases and scales have no reason to be small.
    matrices = [p for p in model.parameters() if p.ndim > 1]
    vectors = [p for p in model.parameters() if p.ndim <= 1]
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]


def _copy(model: GraphNetwork) -> dict[str, Tensor]:
    return {name: value.detach().cpu().clone() for name, value in model.state_dict().items()}


def _finite(loss: float) -> float:
    if not np.isfinite(loss):
        raise DatasetError(
            "the loss is not finite",
            cure="look for huge values among the labels, or lower training.learning_rate",
        )
    return loss


def _noise(device: torch.device) -> Tensor:
    return torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.get_rng_state()


def _set_noise(state: Tensor, device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.set_rng_state(state, device)
    else:
        torch.set_rng_state(state)


@contextmanager
def reproducible(seed: int, device: torch.device = _PROCESSOR) -> Iterator[None]:
    """Seed PyTorch's own generator and use one thread inside the block; then both as before.

    Initial weights and dropout draw from that generator, which is no argument of theirs. One
    thread, because the order of a parallel sum would change its last bits.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    devices = [device] if device.type == "cuda" else []
    try:
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)
