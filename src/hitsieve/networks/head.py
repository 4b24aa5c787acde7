"""From a molecule's vector to its predicted values."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import torch

from hitsieve.networks.activations import Activation

if TYPE_CHECKING:
    from hitsieve.networks.config import NetworkConfig


class Head(torch.nn.Sequential):
    """A multilayer perceptron: Linear, then activation, dropout, Linear for each hidden layer.

    Without hidden layers it is one linear map. Outputs are raw: normalized values for
    regression, logits for classification.

    Parameters
    ----------
    config
        ``hidden`` and ``side_hidden`` (its input), ``head_hidden``, ``head_layers``,
        ``activation``, and ``dropout`` or ``side_dropout`` are used.
    n_outputs
        Number of targets.
    """

    def __init__(self, config: NetworkConfig, n_outputs: int) -> None:
        dropout = config.side_dropout if config.side_hidden else config.dropout
        joined = config.hidden + 2 * config.side_hidden
        widths = [joined, *[config.head_hidden] * config.head_layers, n_outputs]
        layers: list[torch.nn.Module] = [torch.nn.Linear(widths[0], widths[1])]
        for before, after in itertools.pairwise(widths[1:]):
            layers += [
                Activation(config.activation),
                torch.nn.Dropout(dropout),
                torch.nn.Linear(before, after),
            ]
        super().__init__(*layers)
