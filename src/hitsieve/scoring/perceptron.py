"""Multilayer perceptrons on fingerprints: fitted by torch, kept and run as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from hitsieve.config import StrictConfig

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class PerceptronConfig(StrictConfig):
    """Settings of a perceptron and its training."""

    hidden: int = Field(256, ge=1, le=8192, description="units of each hidden layer")
    layers: int = Field(2, ge=1, le=8, description="hidden layers")
    epochs: int = Field(40, ge=1, description="passes over the data")
    least_steps: int = Field(1000, ge=1, description="steps at least, on few compounds")
    batch_size: int = Field(64, ge=2, description="compounds a step")
    learning_rate: float = Field(1e-3, gt=0, le=1, description="peak; falls along half a cosine")
    weight_decay: float = Field(1e-2, ge=0, description="of AdamW")
    dropout: float = Field(0.2, ge=0, lt=1, description="share of hidden units left out")


@dataclass(frozen=True, slots=True)
class Perceptron:
    """Layers with rectified linear units between them, and one output.

    Attributes
    ----------
    weights
        float32 (inputs, units) of each layer.
    biases
        float32 (units,) of each layer.
    shift, scale
        Values are ``output * scale + shift``.
    """

    weights: tuple[NDArray[np.float32], ...]
    biases: tuple[NDArray[np.float32], ...]
    shift: float
    scale: float

    def __call__(self, table: NDArray[np.float32]) -> Floats:
        """Return values of n compounds, float64 (n,), for inputs float32 (n, inputs)."""
        values = self.hidden(table) @ self.weights[-1] + self.biases[-1]
        return values[:, 0].astype(np.float64) * self.scale + self.shift

    def hidden(self, table: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what the last hidden layer makes of n compounds, float32 (n, units)."""
        values = table
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            values = np.maximum(values @ weight + bias, np.float32(0))
        return values


def fit_perceptron(
    table: NDArray[np.float32],
    y: Floats,
    config: PerceptronConfig,
    seed: int,
    begin: Perceptron | None = None,
) -> Perceptron:
    """Fit a perceptron to n compounds by squared error; equal seeds give equal bytes.

    Parameters
    ----------
    table
        float32 (n, inputs): bits or scaled numbers.
    y
        float64 (n,): values; standardized inside.
    config
        Settings.
    seed
        Of weights, order and dropout.
    begin
        A perceptron of the same shape to go on from; it keeps its shift and scale.
    """
    import torch

    from hitsieve.scoring.gnn import one_thread

    shift, scale = float(y.mean()), float(y.std()) or 1.0
    if begin is not None:
        shift, scale = begin.shift, begin.scale
    inputs = torch.from_numpy(np.ascontiguousarray(table, dtype=np.float32))
    aims = torch.from_numpy(((y - shift) / scale).astype(np.float32))
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed % 2**63)
        network = _network(inputs.shape[1], config)
        if begin is not None:
            _load(network, begin)
        _train(network, inputs, aims, config)
    linear = [part for part in network if isinstance(part, torch.nn.Linear)]
    return Perceptron(
        tuple(np.ascontiguousarray(part.weight.detach().numpy().T) for part in linear),
        tuple(part.bias.detach().numpy().copy() for part in linear),
        shift,
        scale,
    )


def _network(inputs: int, config: PerceptronConfig) -> torch.nn.Sequential:
    import torch

    parts: list[torch.nn.Module] = []
    width = inputs
    for _ in range(config.layers):
        parts += [torch.nn.Linear(width, config.hidden), torch.nn.ReLU()]
        parts.append(torch.nn.Dropout(config.dropout))
        width = config.hidden
    return torch.nn.Sequential(*parts, torch.nn.Linear(width, 1))


def _load(network: torch.nn.Sequential, begin: Perceptron) -> None:
    import torch

    linear = [part for part in network if isinstance(part, torch.nn.Linear)]
    with torch.no_grad():
        for part, weight, bias in zip(linear, begin.weights, begin.biases, strict=True):
            part.weight.copy_(torch.from_numpy(weight.T.copy()))
            part.bias.copy_(torch.from_numpy(bias.copy()))


def _train(
    network: torch.nn.Sequential,
    inputs: torch.Tensor,
    aims: torch.Tensor,
    config: PerceptronConfig,
) -> None:
    import torch

    optimizer = torch.optim.AdamW(
        network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    a_pass = -(-len(inputs) // config.batch_size)
    epochs = max(config.epochs, -(-config.least_steps // a_pass))
    steps = a_pass * epochs
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    network.train()
    for _ in range(epochs):
        for rows in torch.split(torch.randperm(len(inputs)), config.batch_size):
            optimizer.zero_grad()
            error = network(inputs[rows])[:, 0] - aims[rows]
            (error**2).mean().backward()
            optimizer.step()
            schedule.step()
    network.eval()
