"""Processes that share the batches of one network.

Each takes its share of a batch and computes gradients; their mean, weighed by measured entries, is
the gradient of the whole batch, so all processes step alike and the weights stay equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import distributed

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Group:
    """One process among those that fit a network together; alone by default.

    Whoever starts several processes also starts PyTorch's default process group in them.

    Attributes
    ----------
    rank
        From 0.
    size
        How many processes there are.
    """

    rank: int = 0
    size: int = 1

    def share(self, index: np.ndarray) -> np.ndarray:
        """Return this process's part of a batch."""
        return index[self.rank :: self.size]

    def average(self, model: torch.nn.Module, measured: int) -> None:
        """Replace gradients by their mean over processes, weighed by measured entries.

        The sum goes over processes in a fixed order, so equal input gives equal bits.
        """
        if self.size == 1:
            return
        weights = [p for p in model.parameters() if p.requires_grad]
        grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in weights]
        flat = torch.cat([g.reshape(-1) * measured for g in grads])
        flat = self.total(torch.cat([flat, flat.new_tensor([measured])]))
        flat = flat[:-1] / flat[-1].clamp(min=1)
        start = 0
        for weight in weights:
            weight.grad = flat[start : start + weight.numel()].view_as(weight)
            start += weight.numel()

    def total(self, values: torch.Tensor) -> torch.Tensor:
        """Return the sum over processes, the same bits in each."""
        if self.size == 1:
            return values
        parts = [torch.empty_like(values) for _ in range(self.size)]
        distributed.all_gather(parts, values.contiguous())
        return torch.stack(parts).sum(dim=0)

    def agree(self, value: float, device: torch.device) -> float:
        """Return the first process's number, so that all decide alike."""
        if self.size == 1:
            return value
        told = torch.tensor([value], dtype=torch.float64, device=device)
        distributed.broadcast(told, src=0)
        return float(told)
