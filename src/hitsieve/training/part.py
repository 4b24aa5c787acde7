"""A set of molecules ready for the loss, on the device where the network is fitted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from hitsieve.graphs.batch import make_batch
from hitsieve.graphs.environments import find_environments
from hitsieve.graphs.vocabulary import load_vocabulary
from hitsieve.networks.shared import can_share, predict_shared
from hitsieve.training.losses import LossSpec, multitask_loss

if TYPE_CHECKING:
    from torch import Tensor

    from hitsieve.networks.config import NetworkConfig
    from hitsieve.networks.model import GraphNetwork
    from hitsieve.training.data import TrainingSet
    from hitsieve.training.losses import Loss
    from hitsieve.training.scaling import Scaling


class Part:
    """A set of molecules with everything the loss needs, made once.

    Parameters
    ----------
    data
        n molecules with T targets.
    scaling
        Of the targets.
    network
        Its vocabulary is used.
    ranking
        Share of the ranking loss.
    device
        Where losses are computed.
    loss
        What an error of a regression target costs.
    """

    def __init__(
        self,
        data: TrainingSet,
        scaling: Scaling,
        network: NetworkConfig,
        ranking: float,
        device: torch.device,
        loss: Loss = "square",
    ) -> None:
        classification = np.array([task == "classification" for task in data.tasks])
        self.graphs, self.device, self.scaling = data.graphs, device, scaling
        self.side = None if data.side is None else torch.from_numpy(data.side).to(device)
        self.vocabulary = load_vocabulary(network.vocabulary)
        self.y = torch.from_numpy(scaling.standardize(data.y, classification)).to(device)
        self.relation = torch.from_numpy(data.relation.astype(np.int8)).to(device)
        self.spec = LossSpec(
            torch.from_numpy(classification).to(device),
            torch.from_numpy(scaling.positive_weight).to(device),
            ranking,
            loss,
        )

    def __len__(self) -> int:
        return len(self.graphs)

    def loss(self, model: GraphNetwork, index: np.ndarray) -> tuple[Tensor, int]:
        """Return the mean loss of the molecules at ``index``, and their measured entries."""
        rows = torch.from_numpy(index).to(self.device)
        output = self._output(model, index, None if self.side is None else self.side[rows])
        y = self.y[rows]
        measured = int((~torch.isnan(y)).sum())
        return multitask_loss(output, y, self.relation[rows], self.spec), measured

    def _output(self, model: GraphNetwork, index: np.ndarray, side: Tensor | None) -> Tensor:
        # Shared environments are found and stored by the processor; elsewhere the plain form runs.
        if self.device.type == "cpu" and can_share(model):
            graphs = self.graphs.take(index)
            found = find_environments(graphs, self.vocabulary, model.config.depth)
            return predict_shared(model, found, side)
        batch = make_batch(self.graphs, index, self.vocabulary, self.device)
        output: Tensor = model(batch, side)
        return output
