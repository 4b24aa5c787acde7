r"""Intervals that cover the promised share of new measurements, whatever the model.

Split conformal prediction with normalized residuals. On n calibration measurements with
predictions :math:`\mu_i`, spreads :math:`\sigma_i` and truth :math:`y_i`,

.. math::
    r_i = \frac{|y_i - \mu_i|}{\sqrt{\sigma_i^2 + s^2}}, \qquad
    q = r_{(\lceil (n+1)\,level \rceil)}

and the interval of a new compound is :math:`\mu \pm q\sqrt{\sigma^2+s^2}`. If new compounds
are exchangeable with the calibration ones, it covers with at least the probability ``level``
(with fixed s; fitting the one number s on the same data costs little, as the tests measure).

The floor s keeps an ensemble that agrees by chance from claiming certainty. It is the value under
which normal residuals of spread proportional to :math:`\sqrt{\sigma_i^2+s^2}` are most likely:
a spread that tells errors gets a small floor, one that tells nothing a large one, which makes all
intervals equally wide.

The guarantee asks for calibration compounds that no part of the model has seen. Calibrated on what
members say of compounds they left out in turn, intervals around the model of all compounds rest on
the residuals of cross-validation, as in the jackknife: their coverage is nearly exact where leaving
a fold out changes the model little, and nothing is guaranteed where it changes it much. (The CV+ of
Barber et al. guarantees 2 level - 1 for any model, and asks all fold models of every compound.)
Left-out compounds must be as new to those who judge them as those asked for will be.

References
----------
Papadopoulos et al., ECML 2002; Lei et al., J. Am. Stat. Assoc. 113 (2018) 1094; Barber et al., Ann.
Stat. 49 (2021) 486; Vovk, Ann. Math. Artif. Intell. 74 (2015) 9.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from hitsieve.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from hitsieve.metrics.arrays import Floats

ENOUGH: Final = 20
_TOO_FEW: Final = 3
_FLOOR_STEPS: Final = 41


@dataclass(frozen=True, slots=True)
class ConformalIntervals:
    """Interval widths for each of T targets.

    Parameters
    ----------
    level
        Promised share of covered measurements.
    factor
        (T,) q, times the normalized spread; NaN where no interval can be given.
    floor
        (T,) s, in the endpoint's unit.
    count
        (T,) calibration measurements.
    method
        (T,) how the factor was found: ``conformal`` (a quantile of the residuals), ``student``
        (fewer calibration measurements than that needs: normal errors assumed), or ``none`` (fewer
        than three: intervals are NaN).
    """

    level: float
    factor: Floats
    floor: Floats
    count: npt.NDArray[np.int64]
    method: tuple[str, ...]

    @classmethod
    def fit(
        cls, y: ArrayLike, mean: ArrayLike, std: ArrayLike, level: float = 0.9
    ) -> ConformalIntervals:
        """Fit on held-out compounds.

        Parameters
        ----------
        y
            (n, T) measured values, NaN where missing. Leave bounds (``<``, ``>``) out.
        mean, std
            (n, T) predictions and their spreads.
        level
            Wanted coverage, in (0, 1).

        Raises
        ------
        InputError
            If shapes differ, the level is impossible, or a prediction for a measured compound is
            not finite or has a negative spread.
        """
        if not 0.0 < level < 1.0:
            raise InputError(f"level = {level} is outside (0, 1)", cure="use 0.9")
        truth, center, spread = _tables(y, mean, std)
        fits = [_fit_target(truth[:, t], center[:, t], spread[:, t], level)
                for t in range(truth.shape[1])]  # fmt: skip
        return cls(
            level,
            np.array([f.factor for f in fits]),
            np.array([f.floor for f in fits]),
            np.array([f.count for f in fits], dtype=np.int64),
            tuple(f.method for f in fits),
        )

    def spread(self, std: ArrayLike) -> Floats:
        """Return (n, T) normalized spreads, before the factor."""
        result: Floats = np.sqrt(np.asarray(std, dtype=np.float64) ** 2 + self.floor**2)
        return result

    def interval(self, mean: ArrayLike, std: ArrayLike) -> tuple[Floats, Floats]:
        """Return lower and upper ends, (n, T) each; NaN where no interval can be given.

        Raises
        ------
        InputError
            If the number of targets is another than fitted.
        """
        center = np.asarray(mean, dtype=np.float64)
        if center.ndim != 2 or center.shape[1] != len(self.factor):  # noqa: PLR2004 - (n, T)
            raise InputError(
                f"predictions of shape {center.shape} for {len(self.factor)} calibrated targets"
            )
        half = self.factor * self.spread(std)
        return center - half, center + half

    def calibrated_std(self, std: ArrayLike) -> Floats:
        """Return (n, T) standard deviations whose normal intervals are as wide as these.

        For measures that need a distribution, such as the likelihood, or an acquisition function.
        """
        from scipy.stats import norm

        result: Floats = self.factor * self.spread(std) / float(norm.ppf(0.5 + self.level / 2))
        return result

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON; a factor without value is null."""
        return {
            "level": self.level,
            "factor": [None if math.isnan(f) else float(f) for f in self.factor],
            "floor": [float(f) for f in self.floor],
            "count": [int(c) for c in self.count],
            "method": list(self.method),
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> ConformalIntervals:
        """Return what :meth:`to_dict` wrote.

        Raises
        ------
        InputError
            If a key is absent.
        """
        try:
            return cls(
                float(values["level"]),
                np.array([math.nan if f is None else f for f in values["factor"]], np.float64),
                np.array(values["floor"], dtype=np.float64),
                np.array(values["count"], dtype=np.int64),
                tuple(values["method"]),
            )
        except KeyError as error:
            raise InputError(f"calibration lacks the key {error}") from None


@dataclass(frozen=True, slots=True)
class _TargetFit:
    factor: float
    floor: float
    count: int
    method: str


def _fit_target(y: Floats, mean: Floats, std: Floats, level: float) -> _TargetFit:
    keep = ~np.isnan(y)
    residual, spread = (y - mean)[keep], std[keep]
    n = len(residual)
    if not (np.isfinite(residual).all() and np.isfinite(spread).all() and (spread >= 0).all()):
        raise InputError(
            "a measured calibration compound has a prediction that is not finite or a negative "
            "spread",
            cure="leave failed predictions out before calibrating",
        )
    if n < _TOO_FEW:
        return _TargetFit(math.nan, 0.0, n, "none")
    floor = _fit_floor(residual, spread)
    ratio = np.abs(residual) / np.sqrt(spread**2 + floor**2)
    # the small excess keeps ceil((n + 1) level) exact where the product is a whole number
    rank = math.ceil((n + 1) * level - 1e-9)
    if n >= ENOUGH and rank <= n:
        return _TargetFit(float(np.sort(ratio)[rank - 1]), floor, n, "conformal")
    from scipy.stats import t as student

    scale = float(np.sqrt(np.mean(ratio**2)))
    wide = float(student.ppf(0.5 + level / 2, n - 1)) * math.sqrt(1 + 1 / n)
    return _TargetFit(scale * wide, floor, n, "student")


def _fit_floor(residual: Floats, spread: Floats) -> float:
    """Choose the floor by likelihood, the overall scale fitted for each candidate."""
    typical = float(np.sqrt(np.mean(residual**2)))
    largest = max(float(spread.max()), typical)
    if largest == 0.0:
        return 1e-6  # perfect on every compound: any positive floor gives intervals of width 0
    candidates = largest * np.logspace(-3, 1, _FLOOR_STEPS)
    variance = spread[None, :] ** 2 + candidates[:, None] ** 2
    scale = np.mean(residual**2 / variance, axis=1)
    cost = np.log(np.maximum(scale, 1e-300)) + np.mean(np.log(variance), axis=1)
    return float(candidates[int(np.argmin(cost))])


def _tables(y: ArrayLike, mean: ArrayLike, std: ArrayLike) -> tuple[Floats, Floats, Floats]:
    truth, center, spread = (np.asarray(a, dtype=np.float64) for a in (y, mean, std))
    if truth.ndim != 2 or not truth.shape == center.shape == spread.shape:  # noqa: PLR2004 - (n, T)
        raise InputError(
            f"shapes differ or are not (n, T): y {truth.shape}, mean {center.shape}, "
            f"std {spread.shape}"
        )
    return truth, center, spread
