"""From a share of votes to a probability."""

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
class BetaCalibration:
    """``1 / (1 + exp(-(ones * ln(q) - zeros * ln(1 - q) + intercept)))``.

    Here ``q`` is the share of votes for class 1 with one more vote, which says what is ``usual``:
    no vote out of twenty, and of a hundred, is no certainty. Where ``ones`` is 0, the first votes
    for a rare class count as many; where ``zeros`` is 0, they count by their logarithm (Kull, Silva
    Filho and Flach, Beyond sigmoids, 2017, 10.1214/17-EJS1338SI).
    """

    ones: float
    zeros: float
    intercept: float
    usual: float

    def __call__(self, shares: Floats, voters: int) -> Floats:
        """Return probabilities of class 1.

        Parameters
        ----------
        shares
            float64 (n,): of the votes that are for class 1.
        voters
            How many voted.
        """
        value = _features(shares, voters, self.usual) @ [self.ones, self.zeros]
        probability: Floats = expit(value + self.intercept)
        return probability


def fit_beta(shares: Floats, voters: int, classes: Floats) -> BetaCalibration:
    """Fit a calibration to votes on left-out compounds: the least log loss, rising or level.

    Parameters
    ----------
    shares
        float64 (n,): of the votes that are for class 1.
    voters
        How many voted.
    classes
        float64 (n,): 0 and 1, both of them.
    """
    usual = float(classes.mean())
    features = np.column_stack([_features(shares, voters, usual), np.ones(len(shares))])

    def loss(theta: Floats) -> tuple[float, Floats]:
        value = features @ theta
        total = float(np.sum(np.logaddexp(0, value) - classes * value))
        return total, features.T @ (expit(value) - classes)

    bounds = [(0.0, None), (0.0, None), (None, None)]
    found = minimize(loss, [1.0, 1.0, 0.0], jac=True, method="L-BFGS-B", bounds=bounds).x
    return BetaCalibration(float(found[0]), float(found[1]), float(found[2]), usual)


def _features(shares: Floats, voters: int, usual: float) -> Floats:
    q = (shares * voters + usual) / (voters + 1)
    return np.column_stack([np.log(q), -np.log1p(-q)])
