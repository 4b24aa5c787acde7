"""Teaching an encoder to predict what can be computed, before it sees a measurement."""

from __future__ import annotations

import io
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from pydantic import Field

from hitsieve.config import StrictConfig
from hitsieve.errors import DatasetError
from hitsieve.graphs.batch import make_batch
from hitsieve.graphs.environments import find_environments
from hitsieve.networks.model import build_network
from hitsieve.networks.shared import can_share, predict_shared
from hitsieve.provenance import child_seed, fingerprint
from hitsieve.store.files import write_atomic
from hitsieve.training.loop import reproducible
from hitsieve.training.pretext import PretextScale
from hitsieve.training.schedule import rate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import Tensor

    from hitsieve.graphs.environments import Environments
    from hitsieve.networks.config import NetworkConfig
    from hitsieve.networks.model import GraphNetwork
    from hitsieve.training.pretext import PretextSet

ENCODER: Final = "encoder."
"""What the names of an encoder's parameters begin with."""


class PretrainingConfig(StrictConfig):
    """How an encoder is pretrained."""

    epochs: int = Field(8, ge=1, le=1000, description="passes over the compounds")
    batch_size: int = Field(512, ge=8, description="compounds a step; large ones share more work")
    learning_rate: float = Field(1e-3, gt=0, le=1, description="highest rate of the schedule")
    warmup: float = Field(0.5, ge=0, description="epochs in which the rate rises to it")
    final_rate: float = Field(0.02, ge=0, le=1, description="share of it left at the end")
    weight_decay: float = Field(1e-3, ge=0, description="pull of weights towards zero (AdamW)")
    clip: float = Field(5.0, gt=0, description="longest step")
    holdout: int = Field(2000, ge=8, description="compounds kept to see how well it predicts")


@dataclass(frozen=True, slots=True)
class PretrainingEpoch:
    """What one pass came to: mean squared errors in units of the scaled labels.

    ``descriptors`` and ``counts`` are those of compounds that are not learned from; ``train`` is
    the sum of both on those that are.
    """

    number: int
    train: float
    descriptors: float
    counts: float


@dataclass(frozen=True, slots=True)
class PretrainedEncoder:
    """Weights of an encoder, as ``load_state_dict`` of a network takes them, and its epochs."""

    state: dict[str, Tensor]
    history: tuple[PretrainingEpoch, ...]


def pretrain(
    data: PretextSet,
    network: NetworkConfig,
    config: PretrainingConfig,
    seed: int,
    *,
    checkpoint: Path | None = None,
    progress: Callable[[PretrainingEpoch], None] | None = None,
) -> PretrainedEncoder:
    """Pretrain an encoder; the same seed gives the same bytes on the same machine.

    Batches are dealt once, and each epoch takes them in another order: what their molecules share
    is found once.

    Parameters
    ----------
    data
        Compounds with computed labels.
    network, config
        Settings.
    seed
        Of everything random.
    checkpoint
        File written after each epoch, and continued from where it belongs to the same data and
        settings.
    progress
        Called after each epoch.

    Raises
    ------
    DatasetError
        If there are not twice as many compounds as are kept aside, or the loss is not finite.
    """
    if len(data) < 2 * config.holdout:
        raise DatasetError(
            f"{len(data)} compounds are too few: {config.holdout} are kept aside",
            cure="give a larger library, or lower pretraining.holdout",
        )
    with reproducible(child_seed(seed, "weights"), torch.device("cpu")):
        return _Run(data, network, config, seed, checkpoint).fit(progress)


class _Run:
    """One pretraining under way."""

    def __init__(
        self,
        data: PretextSet,
        network: NetworkConfig,
        config: PretrainingConfig,
        seed: int,
        checkpoint: Path | None,
    ) -> None:
        self.data, self.config, self.seed, self.checkpoint = data, config, seed, checkpoint
        self.scale = PretextScale.fit(data.labels)
        self.model = build_network(network, self.scale.columns)
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        order = np.random.default_rng(child_seed(seed, "batches")).permutation(len(data))
        self.stop, learn = np.sort(order[: config.holdout]), order[config.holdout :]
        count = max(1, len(learn) // config.batch_size)
        self.batches = [np.sort(part) for part in np.array_split(learn, count)]
        self.found: dict[int, Environments] = {}
        self.history: list[PretrainingEpoch] = []
        self.identity = fingerprint(
            [network.model_dump(), config.model_dump(), seed, len(data), _digest(data)]
        )

    def fit(self, progress: Callable[[PretrainingEpoch], None] | None) -> PretrainedEncoder:
        self._resume()
        for number in range(len(self.history) + 1, self.config.epochs + 1):
            learned = self._epoch(number)
            epoch = PretrainingEpoch(number, learned, *self._errors())
            if not np.isfinite([epoch.train, epoch.descriptors, epoch.counts]).all():
                raise DatasetError("the loss is not finite", cure="lower pretraining.learning_rate")
            self.history.append(epoch)
            self._save()
            if progress is not None:
                progress(epoch)
        state = {
            name: value.detach().clone()
            for name, value in self.model.state_dict().items()
            if name.startswith(ENCODER)
        }
        return PretrainedEncoder(state, tuple(self.history))

    def _epoch(self, number: int) -> float:
        self.model.train()
        order = np.random.default_rng(child_seed(self.seed, "order", number))
        total = 0.0
        for step, batch in enumerate(order.permutation(len(self.batches))):
            share = rate(
                (number - 1) * len(self.batches) + step,
                warmup=round(self.config.warmup * len(self.batches)),
                total=self.config.epochs * len(self.batches),
                final=self.config.final_rate,
            )
            for group in self.optimizer.param_groups:
                group["lr"] = self.config.learning_rate * share
            descriptors, counts = self._loss(self.batches[batch], int(batch))
            loss = descriptors + counts
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.config.clip)
            self.optimizer.step()
            total += float(loss.detach())
        return total / len(self.batches)

    def _loss(self, rows: np.ndarray, batch: int | None) -> tuple[Tensor, Tensor]:
        output = self._output(self.model, rows, batch)
        descriptors, counts = self.scale.targets(self.data.labels.take(rows))
        width = descriptors.shape[1]
        return (
            (output[:, :width] - descriptors).square().mean(),
            (output[:, width:] - counts).square().mean(),
        )

    def _output(self, model: GraphNetwork, rows: np.ndarray, batch: int | None) -> Tensor:
        if not can_share(model):
            output: Tensor = model(make_batch(self.data.graphs, rows, model.vocabulary))
            return output
        found = self.found.get(-1 if batch is None else batch)
        if found is None:
            graphs = self.data.graphs.take(rows)
            found = find_environments(graphs, model.vocabulary, model.config.depth)
            if batch is not None:
                self.found[batch] = found
        return predict_shared(model, found)

    @torch.inference_mode()
    def _errors(self) -> tuple[float, float]:
        self.model.eval()
        parts = np.array_split(self.stop, -(-len(self.stop) // self.config.batch_size))
        found = [[float(error) for error in self._loss(part, None)] for part in parts]
        descriptors, counts = np.average(found, axis=0, weights=[len(part) for part in parts])
        return float(descriptors), float(counts)

    def _save(self) -> None:
        if self.checkpoint is None:
            return
        stream = io.BytesIO()
        torch.save(
            {
                "identity": self.identity,
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "history": [asdict(epoch) for epoch in self.history],
            },
            stream,
        )
        write_atomic(self.checkpoint, stream.getvalue())

    def _resume(self) -> None:
        if self.checkpoint is None or not self.checkpoint.is_file():
            return
        stored: dict[str, Any] = torch.load(self.checkpoint, weights_only=True)
        if stored["identity"] != self.identity:
            return
        self.model.load_state_dict(stored["model"])
        self.optimizer.load_state_dict(stored["optimizer"])
        self.history = [PretrainingEpoch(**epoch) for epoch in stored["history"]]


def _digest(data: PretextSet) -> str:
    sums = [data.labels.counts.sum(axis=0, dtype=np.int64).tolist(), data.graphs.n_atoms.tolist()]
    return fingerprint(sums)
