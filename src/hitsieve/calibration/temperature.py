r"""Probabilities that come true: one temperature per target, fitted on held-out labels.

.. math:: p' = \sigma(\operatorname{logit}(p) / T)

with T minimizing the log loss. It changes no ranking. T above 1 tames an overconfident model.
The loss is convex in 1/T, so the minimum is found by bisection of its derivative.

References
----------
Guo et al., ICML 2017.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.special import expit, logit

from hitsieve.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from hitsieve.metrics.arrays import Floats

ENOUGH: Final = 20
_COLDEST, _HOTTEST = 0.05, 20.0
_CLIP: Final = 1e-7
_STEPS: Final = 60


@dataclass(frozen=True, slots=True)
class TemperatureScaling:
    """One temperature for each of T targets.

    Parameters
    ----------
    temperature
        (T,) in [0.05, 20]; 1 leaves probabilities as they are.
    method
        (T,) ``fitted``, or ``none`` where there were fewer than 20 labels or one class only.
    """

    temperature: Floats
    method: tuple[str, ...]

    @classmethod
    def fit(cls, labels: ArrayLike, probabilities: ArrayLike) -> TemperatureScaling:
        """Fit on held-out compounds.

        Parameters
        ----------
        labels
            (n, T) 0, 1, or NaN where missing.
        probabilities
            (n, T) predicted probabilities of class 1.

        Raises
        ------
        InputError
            If shapes differ, or a label or probability is impossible.
        """
        truth = np.asarray(labels, dtype=np.float64)
        guess = np.asarray(probabilities, dtype=np.float64)
        if truth.ndim != 2 or truth.shape != guess.shape:  # noqa: PLR2004 - (n, T)
            raise InputError(f"labels {truth.shape} and probabilities {guess.shape} differ")
        fits = [_fit_target(truth[:, t], guess[:, t]) for t in range(truth.shape[1])]
        return cls(np.array([value for value, _ in fits]), tuple(how for _, how in fits))

    def apply(self, probabilities: ArrayLike) -> Floats:
        """Return (n, T) calibrated probabilities.

        Raises
        ------
        InputError
            If the number of targets is another than fitted.
        """
        guess = np.asarray(probabilities, dtype=np.float64)
        if guess.ndim != 2 or guess.shape[1] != len(self.temperature):  # noqa: PLR2004 - (n, T)
            raise InputError(
                f"probabilities of shape {guess.shape} for {len(self.temperature)} targets"
            )
        warmed: Floats = expit(_logits(guess) / self.temperature)
        return np.where(self.temperature == 1.0, guess, warmed)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"temperature": [float(t) for t in self.temperature], "method": list(self.method)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> TemperatureScaling:
        """Return what :meth:`to_dict` wrote."""
        return cls(np.array(values["temperature"], dtype=np.float64), tuple(values["method"]))


def _fit_target(labels: Floats, guess: Floats) -> tuple[float, str]:
    keep = ~np.isnan(labels)
    y, p = labels[keep], guess[keep]
    if not np.isin(y, (0.0, 1.0)).all() or not ((p >= 0) & (p <= 1)).all():
        raise InputError(
            "temperature scaling needs labels 0 and 1 and probabilities in [0, 1]",
            cure="it is for classification targets only",
        )
    if len(y) < ENOUGH or len(np.unique(y)) == 1:
        return 1.0, "none"
    z = _logits(p)

    def slope(inverse: float) -> float:
        return float(np.mean((expit(inverse * z) - y) * z))

    low, high = 1.0 / _HOTTEST, 1.0 / _COLDEST
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return 1.0 / ((low + high) / 2), "fitted"


def _logits(p: Floats) -> Floats:
    result: Floats = logit(np.clip(p, _CLIP, 1.0 - _CLIP))
    return result
