"""What a fit comes to: its epochs, and the weights of the best of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one pass over the data came to.

    Parameters
    ----------
    number
        From 1.
    train_loss, stopping_loss
        Mean loss per measured entry, in standardized units; the second is 0 where nothing was
        left out to stop by.
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
