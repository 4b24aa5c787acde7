"""The nonlinear functions a network may use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from collections.abc import Callable

_SLOPE: Final = 0.1
"""Of leakyrelu below zero, as in Chemprop."""


def _leakyrelu(values: torch.Tensor) -> torch.Tensor:
    return functional.leaky_relu(values, _SLOPE)


ACTIVATIONS: Final[dict[str, Callable[[torch.Tensor], torch.Tensor]]] = {
    "relu": torch.relu,
    "leakyrelu": _leakyrelu,
    "elu": functional.elu,
    "tanh": torch.tanh,
    "gelu": functional.gelu,
    "silu": functional.silu,
}
"""By the names of ``NetworkConfig.activation``."""


class Activation(torch.nn.Module):
    """A nonlinear function as a layer.

    Parameters
    ----------
    name
        One of :data:`ACTIVATIONS`.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """Return the function of every value."""
        return ACTIVATIONS[self.name](values)

    def overwrite(self, values: torch.Tensor) -> torch.Tensor:
        """Return the function of every value, in the memory of ``values`` where it can be."""
        return torch.relu_(values) if self.name == "relu" else self(values)

    def extra_repr(self) -> str:
        """Return the name, for the printed network."""
        return self.name
