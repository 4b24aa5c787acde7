"""How measured values scatter around a surrogate's predictions, tail included.

The model is a regression with a bend and two-piece Student-t errors: with x the standardized
prediction, h its part beyond a knee, and t drawn with ``nu`` degrees of freedom,

    y = level + slope x + bend h + exp(scale + growth x + turn h) t,

where positive errors are stretched and negative ones shrunk by a factor (Fernandez and Steel,
J. Am. Stat. Assoc. 93 (1998) 359). It is fitted to compounds that the surrogate had not learned
from, and its posterior is drawn by sampling importance resampling (Rubin, Bayesian Statistics 3
(1988) 395) around its mode. Tails matter: most compounds of a pool are predicted to be poor, and
the few of them that are good nevertheless are what a campaign misses.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln, stdtr, stdtrit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# level, slope, bend, scale, growth, turn, log stretch, log of the freedom beyond two
_PRIOR_MEAN: Final = np.array([0.0, 0.5, 0.0, -0.3, 0.0, 0.0, 0.0, np.log(30.0)])
_PRIOR_WIDTH: Final = np.array([1.0, 1.0, 0.3, 1.0, 0.1, 0.1, 0.1, 0.8])
_KNEE: Final = 0.8
_PROPOSAL_FREEDOM: Final = 6
_OVERSAMPLING: Final = 10
_STEP: Final = 1e-3
_LEAST_FREEDOM: Final = 2.0


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Posterior draws of the regression of values on predictions.

    Attributes
    ----------
    draws
        float64 (d, 8): parameters, of standardized predictions and values.
    center, width
        Of predictions, then of values: what standardized them.
    knee
        The standardized prediction beyond which location and scale bend.
    """

    draws: Floats
    center: tuple[float, float]
    width: tuple[float, float]
    knee: float

    def exceeding(self, threshold: float, predicted: Floats) -> Floats:
        """Return the probability of a value above ``threshold``: (d, p) for p predictions."""
        law = _law(self.draws[:, None, :], self._x(predicted)[None, :], self.knee)
        z = (threshold - self.center[1]) / self.width[1] - law.location
        left, right = law.scale / law.skew, law.scale * law.skew
        weight = law.skew**2 / (1 + law.skew**2)
        above = 2 * weight * stdtr(law.freedom, -np.maximum(z, 0) / right)
        below = 2 * (1 - weight) * stdtr(law.freedom, np.minimum(z, 0) / left)
        probability: Floats = np.where(z >= 0, above, 1 - below)
        return probability

    def above(
        self, which: NDArray[np.int64], predicted: Floats, probability: Floats, lots: Floats
    ) -> Floats:
        """Return values above a threshold that each is known to exceed.

        Parameters
        ----------
        which
            (k,) draw that each value belongs to.
        predicted
            (k,) predictions.
        probability
            (k,) probability of exceeding the threshold, from :meth:`exceeding`.
        lots
            (k,) uniform random numbers in (0, 1].
        """
        law = _law(self.draws[which], self._x(predicted), self.knee)
        tail = probability * lots
        weight = law.skew**2 / (1 + law.skew**2)
        right = -stdtrit(law.freedom, np.minimum(tail / (2 * weight), 0.5)) * law.scale * law.skew
        left = (
            stdtrit(law.freedom, np.clip((1 - tail) / (2 * (1 - weight)), 0, 0.5))
            * law.scale
            / law.skew
        )
        values: Floats = law.location + np.where(tail <= weight, right, left)
        return values * self.width[1] + self.center[1]

    def _x(self, predicted: Floats) -> Floats:
        return (predicted - self.center[0]) / self.width[0]


class _Law(NamedTuple):
    location: Floats
    scale: Floats
    skew: Floats
    freedom: Floats


def _law(draws: Floats, x: Floats, knee: float) -> _Law:
    a, b, e, c, d, g, k, f = np.moveaxis(draws, -1, 0)
    beyond = np.maximum(x - knee, 0.0)
    scale = np.exp(np.clip(c + d * x + g * beyond, -20, 20))
    return _Law(
        a + b * x + e * beyond,
        scale,
        np.exp(np.clip(k, -3, 3)),
        np.exp(np.clip(f, -20, 20)) + _LEAST_FREEDOM,
    )


def fit_outcomes(
    predicted: Floats, values: Floats, typical: Floats, *, draws: int, seed: int
) -> Outcomes:
    """Learn how values scatter around predictions.

    Parameters
    ----------
    predicted, values
        (n,) of compounds that the surrogate did not learn from.
    typical
        (m,) predictions of a random sample of the pool: they set the scale and the knee.
    draws
        Of the posterior.
    seed
        Of the draws.
    """
    center = (float(np.mean(typical)), float(np.mean(values)))
    width = (float(np.std(typical)) or 1.0, float(np.std(values)) or 1.0)
    x, y = (predicted - center[0]) / width[0], (values - center[1]) / width[1]
    knee = float(np.quantile((typical - center[0]) / width[0], _KNEE))

    def energy(theta: Floats) -> float:
        return float(_energy(theta[None, :], x, y, knee)[0])

    mode = minimize(energy, _PRIOR_MEAN, method="L-BFGS-B").x
    spread = np.linalg.cholesky(_covariance(mode, x, y, knee))
    rng = np.random.default_rng(seed)
    n = draws * _OVERSAMPLING
    noise = rng.standard_normal((n, len(mode)))
    stretch = _PROPOSAL_FREEDOM / rng.chisquare(_PROPOSAL_FREEDOM, n)
    proposed = mode + (noise * np.sqrt(stretch)[:, None]) @ spread.T
    length = (noise**2).sum(axis=1) * stretch
    density = -0.5 * (_PROPOSAL_FREEDOM + len(mode)) * np.log1p(length / _PROPOSAL_FREEDOM)
    log_weight = -_energy(proposed, x, y, knee) - density
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    chosen = rng.choice(n, size=draws, p=weight)
    return Outcomes(proposed[chosen], center, width, knee)


def _energy(theta: Floats, x: Floats, y: Floats, knee: float) -> Floats:
    """Return minus the log posterior of (d, 8) parameters, up to a constant."""
    found = np.empty(len(theta))
    block = max(1, 1_000_000 // max(1, len(x)))
    for start in range(0, len(theta), block):
        part = theta[start : start + block]
        law = _law(part[:, None, :], x[None, :], knee)
        z = (y - law.location) / law.scale
        z = np.where(z > 0, z / law.skew, z * law.skew)
        f = law.freedom
        terms = (f + 1) / 2 * np.log1p(z**2 / f) + np.log(law.scale)
        constant = (
            gammaln(f / 2)
            - gammaln((f + 1) / 2)
            + 0.5 * np.log(f)
            + np.log(law.skew + 1 / law.skew)
        )
        prior = (((part - _PRIOR_MEAN) / _PRIOR_WIDTH) ** 2).sum(axis=1) / 2
        found[start : start + block] = terms.sum(axis=1) + len(x) * constant[:, 0] + prior
    return found


def _covariance(mode: Floats, x: Floats, y: Floats, knee: float) -> Floats:
    """Return the inverse of the energy's curvature, by central differences."""
    n = len(mode)
    steps = np.eye(n) * _STEP
    pairs = [(i, j) for i in range(n) for j in range(n)]
    corners = np.array(
        [
            mode + s * steps[i] + t * steps[j]
            for i, j in pairs
            for s, t in ((1, 1), (1, -1), (-1, 1), (-1, -1))
        ]
    )
    energies = _energy(corners, x, y, knee).reshape(len(pairs), 4)
    curvature = (energies @ [1, -1, -1, 1]).reshape(n, n) / (4 * _STEP**2)
    values, vectors = np.linalg.eigh((curvature + curvature.T) / 2)
    # the prior alone bounds the curvature from below: what is less is a rounding error
    least = float((1 / _PRIOR_WIDTH**2).min())
    covariance: Floats = (vectors / np.maximum(values, least)) @ vectors.T
    return covariance
