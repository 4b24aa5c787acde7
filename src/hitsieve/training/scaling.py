"""Scale and shift between a network's output and the endpoint's unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hitsieve.errors import DatasetError
from hitsieve.metrics.arrays import differ

if TYPE_CHECKING:
    from hitsieve.training.config import TrainingConfig
    from hitsieve.training.data import TrainingSet


@dataclass(frozen=True, slots=True)
class Scaling:
    """The linear map ``output * std + mean`` of each target.

    Parameters
    ----------
    mean, std
        float32 (T,). Regression: mean and standard deviation of the training values.
        Classification: minus the logarithm of the weight of class 1, and 1, so that the
        result is an unbiased logit.
    positive_weight
        float32 (T,): weight of class 1 in the loss, below 1 where it is the commoner one; 1 for
        regression.
    """

    mean: np.ndarray
    std: np.ndarray
    positive_weight: np.ndarray

    def standardize(self, y: np.ndarray, classification: np.ndarray) -> np.ndarray:
        """Return what the loss compares outputs with: float32 (n, T), classes unchanged."""
        scaled = (y - self.mean) / self.std
        return np.where(classification, y, scaled).astype(np.float32)


def target_scaling(data: TrainingSet, config: TrainingConfig) -> Scaling:
    """Derive the scaling of each target from the training part.

    Raises
    ------
    DatasetError
        If a target was never measured, has one value only, or one class only.
    """
    columns = [_column(data, column, config) for column in range(len(data.tasks))]
    mean, std, weight = (
        np.array(values, dtype=np.float32) for values in zip(*columns, strict=True)
    )
    return Scaling(mean, std, weight)


def _column(data: TrainingSet, column: int, config: TrainingConfig) -> tuple[float, float, float]:
    known = _known(data, column)
    if not known.size:
        raise DatasetError(
            f"target {column} has no value in the training part",
            cure="remove the target, or choose another split",
        )
    if not differ(known):
        raise DatasetError(
            f"target {column} has the value {known[0]:g} throughout the training part",
            cure="there is nothing to learn: add compounds with other values, or choose "
            "another split",
        )
    if data.tasks[column] == "regression":
        return float(known.mean()), float(known.std()), 1.0
    if config.balance == "none":
        return 0.0, 1.0, 1.0
    positives = known.sum()
    most = config.max_class_weight
    weight = float(np.clip((known.size - positives) / positives, 1 / most, most))
    return -float(np.log(weight)), 1.0, weight


def _known(data: TrainingSet, column: int) -> np.ndarray:
    """Return the values of a target; of a regression without bounds, where such values differ."""
    measured = ~np.isnan(data.y[:, column])
    exact: np.ndarray = data.y[measured & (data.relation[:, column] == 0), column].astype(
        np.float64
    )
    if data.tasks[column] == "regression" and differ(exact):
        return exact
    known: np.ndarray = data.y[measured, column].astype(np.float64)
    return known
