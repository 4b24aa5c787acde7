"""From a decision value to a probability."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sigmoid:
    """``1 / (1 + exp(-(slope * value + intercept)))``."""

    slope: float
    intercept: float

    def __call__(self, values: Floats) -> Floats:
        """Return probabilities of class 1."""
        probability: Floats = expit(self.slope * values + self.intercept)
        return probability


def fit_sigmoid(values: Floats, classes: Floats) -> Sigmoid:
    """Fit a sigmoid to decision values of left-out compounds (Platt 1999).

    Classes are drawn in by Platt's rule, so that values that separate them give no certainty:
    ``(n1 + 1) / (n1 + 2)`` and ``1 / (n0 + 2)`` for n1 and n0 compounds of class 1 and 0.

    Parameters
    ----------
    values
        float64 (n,).
    classes
        float64 (n,): 0 and 1.
    """
    ones = float(classes.sum())
    zeros = len(classes) - ones
    aim = np.where(classes > 0, (ones + 1) / (ones + 2), 1 / (zeros + 2))
    scale = float(values.std()) or 1.0
    z = (values - values.mean()) / scale

    def loss(theta: Floats) -> tuple[float, Floats]:
        logit = theta[0] * z + theta[1]
        residual = expit(logit) - aim
        value = float(np.sum(np.logaddexp(0, logit) - aim * logit))
        return value, np.array([residual @ z, residual.sum()])

    start = np.array([1.0, np.log((ones + 1) / (zeros + 1))])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None), (None, None)])
    slope = float(found.x[0]) / scale
    return Sigmoid(slope, float(found.x[1]) - slope * float(values.mean()))
