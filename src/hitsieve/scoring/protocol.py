"""What every scorer gives and how it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.scoring.batch import CompoundBatch


@dataclass(frozen=True, slots=True)
class Prediction:
    """Predicted values of n compounds for T targets.

    Attributes
    ----------
    mean
        float32 (n, T): in the endpoint's unit; the probability of class 1 for classification.
    std
        float32 (n, T): spread of the ensemble, in the same unit. NaN in both where no
        prediction could be made.
    """

    mean: NDArray[np.float32]
    std: NDArray[np.float32]

    def __post_init__(self) -> None:
        for name, values in (("mean", self.mean), ("std", self.std)):
            if values.dtype != np.float32 or values.ndim != 2:  # noqa: PLR2004 - a matrix
                raise ValueError(
                    f"{name} is float32 (n, T), not {values.dtype} of shape {values.shape}"
                )
        if self.mean.shape != self.std.shape:
            raise ValueError(f"mean has shape {self.mean.shape}, std {self.std.shape}")

    def __len__(self) -> int:
        return len(self.mean)


@runtime_checkable
class Scorer(Protocol):
    """A model in use.

    Every scorer passes the contract kit of :mod:`hitsieve.testing.scorer_kit`: a prediction
    does not depend on the batch it is made in, nor on the order of a molecule's atoms; rows
    come back in order; equal calls give equal bits; it survives pickling.
    """

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the predicted columns, in order."""

    def score(self, batch: CompoundBatch) -> Prediction:
        """Predict all targets of all compounds of a batch."""
