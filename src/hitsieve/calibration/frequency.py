"""Whether probabilities come true as often as they say, beyond what chance explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.metrics.classification import ece
from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

ALLOWED: Final = 0.05
"""Calibration error that is always allowed, however many compounds show it."""
_SURE: Final = 0.99
_DRAWS: Final = 500


@dataclass(frozen=True, slots=True)
class Frequency:
    """Promised and observed frequencies of class 1, compared.

    Parameters
    ----------
    error
        Expected calibration error: mean gap between promised and observed shares, 0 to 1.
    allowed
        Error that exact probabilities stay below in 99 % of cases on as many compounds, and at
        least 0.05.
    """

    error: float
    allowed: float

    @property
    def off(self) -> bool:
        """Whether the frequencies are off beyond noise."""
        return self.error > self.allowed


def compare_frequency(labels: ArrayLike, probabilities: ArrayLike) -> Frequency:
    """Compare predicted probabilities with what came.

    A small set has an error above zero even if every probability is exact; how large it gets is
    simulated: labels are drawn with exactly these probabilities, 500 times.

    Parameters
    ----------
    labels
        (n,) 0 or 1, none missing.
    probabilities
        (n,) predicted probabilities of class 1.

    Raises
    ------
    InputError
        If a label or probability is impossible, or there are none.

    Examples
    --------
    >>> compare_frequency([0, 1] * 50, [0.5] * 100).off
    False
    >>> compare_frequency([0, 0, 0, 1] * 25, [0.9] * 100).off
    True
    """
    chance = np.asarray(probabilities, dtype=np.float64)
    found = ece(labels, chance)
    rng = np.random.default_rng(child_seed(0, "ece by chance"))
    drawn = [ece((rng.random(len(chance)) < chance).astype(float), chance) for _ in range(_DRAWS)]
    return Frequency(found, max(ALLOWED, float(np.quantile(drawn, _SURE))))
