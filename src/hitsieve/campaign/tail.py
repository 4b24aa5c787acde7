"""How measured values scatter around a surrogate's predictions, where values are high.

The model is a regression of transformed values with Student-t errors: with x the standardized
prediction, h its part beyond a knee, and t drawn with ``nu`` degrees of freedom,

    H(y) = level + slope x + bend h + exp(scale + growth x + turn h) t.

H is learned too: it rises in straight pieces, the first with slope 1 and each other with one of
its own, so that values may crowd below what an assay can read or thin out far above it, and a
value's unit matters little (a transformation model, after Box and Cox, J. R. Stat. Soc. B 26
(1964) 211). Values below the median of the pool only count as such: what is asked are chances of
high values, and the errors of low ones say little about those. The model is fitted to compounds
that the surrogate had not learned from, and its posterior is drawn by sampling importance
resampling (Rubin, Bayesian Statistics 3 (1988) 395) around its mode. Tails matter: most compounds
of a pool are predicted to be poor, and the few of them that are good nevertheless are what a
campaign misses.

What is assumed beforehand are, rounded, the means and spreads of these parameters in replayed
campaigns with all values known: Lipophilicity, three targets of ChEMBL and 6,000 or 8,000 vendor
compounds with a model's score, drug-likeness (QED) and polar surface. The scale alone is left wide,
as surrogates differ in how well they do.
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

# level, slope, bend, growth, turn, log of the freedom beyond two, scale
_LAW_MEAN: Final = np.array([-0.8, 0.6, 0.12, 0.0, -0.25, 4.0, -0.25])
_LAW_WIDTH: Final = np.array([0.7, 0.4, 0.25, 0.1, 0.17, 0.8, 1.0])
# what each piece of H adds to the log slope of the piece before
_NEXT_SLOPE: Final = (0.17, 0.25)
_STEEPEST: Final = 8.0
_MOST_PIECES: Final = 6
_FEWEST_ABOVE: Final = 5
_KNEE: Final = 0.8
_PROPOSAL_FREEDOM: Final = 6
_OVERSAMPLING: Final = 10
_BLOCK: Final = 1_000_000
_STEP: Final = 1e-3
_LEAST_FREEDOM: Final = 2.0
_TINY: Final = 1e-300


class _Frame(NamedTuple):
    """What standardizes predictions and values, and where lines bend.

    Attributes
    ----------
    center, width
        Of predictions, then of values.
    knee
        The standardized prediction beyond which location and scale bend.
    knots
        float64 (k,), ascending: standardized values at which pieces of H begin. Values up to the
        first only count as low.
    """

    center: tuple[float, float]
    width: tuple[float, float]
    knee: float
    knots: Floats

    def x(self, predicted: Floats) -> Floats:
        return (predicted - self.center[0]) / self.width[0]

    def y(self, values: Floats) -> Floats:
        return (values - self.center[1]) / self.width[1]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Posterior draws of the regression of values on predictions.

    Attributes
    ----------
    draws
        float64 (d, 6 + k): parameters, of standardized predictions and values.
    frame
        What standardized them.
    """

    draws: Floats
    frame: _Frame

    def exceeding(self, threshold: float, predicted: Floats) -> Floats:
        """Return the probability of a value above ``threshold``: (d, p) for p predictions."""
        law = _law(self.draws, self.frame.x(predicted)[None, :], self.frame.knee)
        border = _heights(self.draws, self.frame.y(np.array([threshold])), self.frame.knots)
        probability: Floats = stdtr(law.freedom, (law.location - border) / law.scale)
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
        draws = self.draws[which]
        law = _law(draws, self.frame.x(predicted)[:, None], self.frame.knee)
        beyond = -stdtrit(law.freedom[:, 0], np.maximum(probability * lots, _TINY))
        heights = law.location[:, 0] + law.scale[:, 0] * beyond
        values = _values_at(draws, heights, self.frame.knots)
        return values * self.frame.width[1] + self.frame.center[1]


class _Law(NamedTuple):
    location: Floats
    scale: Floats
    freedom: Floats


def _law(draws: Floats, x: Floats, knee: float) -> _Law:
    a, b, e, d, g, f, c = (draws[:, i, None] for i in range(len(_LAW_MEAN)))
    beyond = np.maximum(x - knee, 0.0)
    return _Law(
        a + b * x + e * beyond,
        np.exp(np.clip(c + d * x + g * beyond, -20, 20)),
        np.exp(np.clip(f, -20, 20)) + _LEAST_FREEDOM,
    )


def _slopes(draws: Floats) -> Floats:
    """Return the slopes of the pieces of H, (d, k)."""
    logs = np.cumsum(draws[:, len(_LAW_MEAN) :], axis=1)
    later = np.exp(np.clip(logs, -_STEEPEST, _STEEPEST))
    return np.concatenate([np.ones((len(draws), 1)), later], axis=1)


def _heights(draws: Floats, y: Floats, knots: Floats) -> Floats:
    """Return H of (n,) standardized values, (d, n); it is 0 at the first knot."""
    lengths = np.append(np.diff(knots), np.inf)
    parts = np.minimum(y[None, :] - knots[:, None], lengths[:, None])
    parts[1:] = np.maximum(parts[1:], 0.0)
    heights: Floats = _slopes(draws) @ parts
    return heights


def _values_at(draws: Floats, heights: Floats, knots: Floats) -> Floats:
    """Return the (n,) standardized values at which H of each draw has a height."""
    slopes = _slopes(draws)
    rises = slopes[:, :-1] * np.diff(knots)
    starts = np.concatenate([np.zeros((len(draws), 1)), np.cumsum(rises, axis=1)], axis=1)
    piece = np.maximum((starts <= heights[:, None]).sum(axis=1) - 1, 0)
    row = np.arange(len(draws))
    values: Floats = knots[piece] + (heights - starts[row, piece]) / slopes[row, piece]
    return values


def fit_outcomes(
    predicted: Floats,
    values: Floats,
    typical: Floats,
    sample: Floats,
    *,
    draws: int,
    seed: int,
) -> Outcomes:
    """Learn how values scatter around predictions.

    Parameters
    ----------
    predicted, values
        (n,) of compounds that the surrogate did not learn from, however they were chosen by
        predictions.
    typical
        (m,) predictions of a random sample of the pool: they set the scale and the knee.
    sample
        (a,) values of a random sample of the pool: they set the scale, and up to their median
        values only count as low.
    draws
        Of the posterior.
    seed
        Of the draws.
    """
    center = (float(np.mean(typical)), float(np.mean(sample)))
    width = (float(np.std(typical)) or 1.0, float(np.std(sample)) or float(np.std(values)) or 1.0)
    knee = float(np.quantile((typical - center[0]) / width[0], _KNEE))
    frame = _Frame(center, width, knee, np.zeros(1))
    frame = frame._replace(knots=_knots(frame.y(values), float(np.median(frame.y(sample)))))
    posterior = _Posterior(frame, frame.x(predicted), frame.y(values))
    return Outcomes(posterior.draw(draws, np.random.default_rng(seed)), frame)


def _knots(y: Floats, low: float) -> Floats:
    """Return where pieces of H begin: at ``low``, then where half of what is above is left."""
    high = np.sort(y[y > low])[::-1]
    counts = [len(high) >> k for k in range(1, _MOST_PIECES)]
    return np.unique([low, *(high[n - 1] for n in counts if n >= _FEWEST_ABOVE)])


class _Posterior:
    """What is known of the parameters, from n pairs of standardized predictions and values."""

    def __init__(self, frame: _Frame, x: Floats, y: Floats) -> None:
        low = y <= frame.knots[0]
        self.frame, self.low, self.x, self.y = frame, x[low], x[~low], y[~low]
        self.piece = np.searchsorted(frame.knots, self.y) - 1
        more = len(frame.knots) - 1
        self.mean, self.width = (
            np.concatenate([law, np.full(more, then)])
            for law, then in zip((_LAW_MEAN, _LAW_WIDTH), _NEXT_SLOPE, strict=True)
        )

    def draw(self, count: int, rng: np.random.Generator) -> Floats:
        """Return ``count`` draws: (count, p)."""
        mode = minimize(lambda t: float(self.energy(t[None, :])[0]), self.mean, method="L-BFGS-B").x
        spread = np.linalg.cholesky(self._covariance(mode))
        n = count * _OVERSAMPLING
        noise = rng.standard_normal((n, len(mode)))
        stretch = _PROPOSAL_FREEDOM / rng.chisquare(_PROPOSAL_FREEDOM, n)
        proposed = mode + (noise * np.sqrt(stretch)[:, None]) @ spread.T
        length = (noise**2).sum(axis=1) * stretch
        density = -0.5 * (_PROPOSAL_FREEDOM + len(mode)) * np.log1p(length / _PROPOSAL_FREEDOM)
        log_weight = -self.energy(proposed) - density
        weight = np.exp(log_weight - log_weight.max())
        chosen: Floats = proposed[rng.choice(n, size=count, p=weight / weight.sum())]
        return chosen

    def energy(self, theta: Floats) -> Floats:
        """Return minus the log posterior of (d, p) parameters, up to a constant."""
        found: Floats = (((theta - self.mean) / self.width) ** 2).sum(axis=1) / 2
        block = max(1, _BLOCK // max(1, len(self.x) + len(self.low)))
        for start in range(0, len(theta), block):
            part = theta[start : start + block]
            found[start : start + block] += self._high(part) + self._low(part)
        return found

    def _high(self, theta: Floats) -> Floats:
        law = _law(theta, self.x[None, :], self.frame.knee)
        f = law.freedom
        z = (_heights(theta, self.y, self.frame.knots) - law.location) / law.scale
        terms = (f + 1) / 2 * np.log1p(z**2 / f) + np.log(law.scale)
        terms -= np.log(_slopes(theta))[:, self.piece]
        constant = gammaln(f / 2) - gammaln((f + 1) / 2) + 0.5 * np.log(f * np.pi)
        energy: Floats = terms.sum(axis=1) + len(self.x) * constant[:, 0]
        return energy

    def _low(self, theta: Floats) -> Floats:
        law = _law(theta, self.low[None, :], self.frame.knee)
        chance = stdtr(law.freedom, -law.location / law.scale)
        energy: Floats = -np.log(np.maximum(chance, _TINY)).sum(axis=1)
        return energy

    def _covariance(self, mode: Floats) -> Floats:
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
        energies = self.energy(corners).reshape(len(pairs), 4)
        curvature = (energies @ [1, -1, -1, 1]).reshape(n, n) / (4 * _STEP**2)
        values, vectors = np.linalg.eigh((curvature + curvature.T) / 2)
        # the prior alone bounds the curvature from below: what is less is a rounding error
        least = float((1 / self.width**2).min())
        covariance: Floats = (vectors / np.maximum(values, least)) @ vectors.T
        return covariance
