"""Networks in bfloat16, for processors that multiply such matrices several times as fast."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, cast

import torch

if TYPE_CHECKING:
    from hitsieve.networks.model import GraphNetwork


class _InFloat(torch.nn.Module):
    """A layer in single precision behind layers in bfloat16."""

    def __init__(self, layer: torch.nn.Module) -> None:
        super().__init__()
        self.layer = layer.float()

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return the layer's output in single precision."""
        found: torch.Tensor = self.layer(values.float())
        return found


def in_bfloat16(network: GraphNetwork) -> GraphNetwork:
    """Return a copy that computes in bfloat16, but for its last layer.

    A bfloat16 has 8 bits of significand. Inside the network such errors are many and small, and
    average out; at its end one would round all predictions to some hundred values, with ties all
    over the ranking, so the last layer works in single precision.
    """
    reduced = copy.deepcopy(network).bfloat16()
    last = copy.deepcopy(network.head[-1])
    reduced.head[-1] = cast("torch.nn.Module", _InFloat(last))
    return reduced
