"""How much measurements of one target say of another.

Values of all targets are one Gaussian process whose covariance between compound a, measured on
target s, and compound b, measured on target t, is ``relation[s, t] * kernel(a, b)`` (the intrinsic
model of coregionalization: Goovaerts 1997; Bonilla, Chai and Williams, Multi-task Gaussian
process prediction, 2007). Values are standardized for each target, so a relation is a correlation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.linalg import cholesky, solve_triangular

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SAMPLE: Final = 500
"""Most measurements of each of two targets that their relation is learned from."""

FEWEST_SHARED: Final = 20
"""Compounds measured on both targets, below which nothing is said of their relation.

Without them smooth trends alone (larger molecules bind better) would tie any two targets.
"""

_GRID: Final = (-0.95, -0.8, -0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6, 0.8, 0.95)
_UNRELATED: Final = _GRID.index(0.0)
_PRIOR_WIDTH: Final = 0.5
_CLEAR: Final = 3.0
_SMALLEST: Final = 0.02


@dataclass(frozen=True, slots=True)
class Related:
    """Which target each of k measurements is of, where a process learns from several.

    Attributes
    ----------
    owners
        int16 (k,): 0 for the process's own target, else the number of another one.
    relation
        float64 (t, t): correlations of the targets, 1 on the diagonal, positive definite.
    noises
        float64 (t,): variance of a measurement, in squared standard deviations of its target.
    """

    owners: NDArray[np.int16]
    relation: Floats
    noises: Floats

    @property
    def ties(self) -> Floats:
        """Return what each measurement counts for the own target: float64 (k,)."""
        found: Floats = self.relation[0, self.owners]
        return found

    def tie(self, kernel: Floats) -> Floats:
        """Multiply kernels of the k measurements (k, k) by their relations, in place."""
        for place, owner in enumerate(self.owners):
            kernel[place] *= self.relation[owner, self.owners]
        return kernel

    def covariance(self, kernel: Floats) -> Floats:
        """Turn kernels of the k measurements (k, k) into their covariance, in place."""
        self.tie(kernel)
        kernel[np.diag_indices(len(kernel))] += self.noises[self.owners]
        return kernel


def relation_of(kernel: Floats, z: Floats, of_second: NDArray[np.bool_], noise: Floats) -> float:
    """Return the correlation of two targets, or 0 where the data do not clearly speak for one.

    The evidence is compared on a grid, with a normal prior of width 0.5 around 0, and a parabola
    through the best point and its neighbors gives the value. It must beat 0 by three nats.

    Parameters
    ----------
    kernel
        float64 (k, k): of the compounds of k measurements.
    z
        float64 (k,): standardized values.
    of_second
        bool (k,): whether a measurement is of the second target.
    noise
        float64 (k,): variance of each.

    Examples
    --------
    Equal values on two targets, for forty unlike compounds:

    >>> z = np.random.default_rng(0).normal(size=40)
    >>> second, kernel = np.repeat([False, True], 40), np.tile(np.eye(40), (2, 2))
    >>> noise = np.full(80, 0.1)
    >>> relation_of(kernel, np.tile(z, 2), second, noise) > 0.8
    True
    >>> relation_of(kernel, np.concatenate([z, z[::-1]]), second, noise)
    0.0
    """
    other = of_second[:, None] != of_second
    cost = np.array([_cost(kernel, z, other, noise, value) for value in _GRID])
    best = int(cost.argmin())
    if cost[_UNRELATED] - cost[best] < _CLEAR:
        return 0.0
    if best in (0, len(_GRID) - 1):
        return _GRID[best]
    near = slice(best - 1, best + 2)
    square, slope, _ = np.polyfit(_GRID[near], cost[near], 2)
    return float(-slope / (2 * square))


def _cost(
    kernel: Floats, z: Floats, other: NDArray[np.bool_], noise: Floats, value: float
) -> float:
    """Return minus the log evidence of a relation, and of its prior."""
    covariance = np.where(other, value * kernel, kernel)
    covariance[np.diag_indices(len(z))] += noise
    lower = cholesky(covariance, lower=True, overwrite_a=True, check_finite=False)
    solved = solve_triangular(lower, z, lower=True, check_finite=False)
    evidence = 0.5 * float(solved @ solved) + float(np.log(np.diag(lower)).sum())
    return evidence + 0.5 * (value / _PRIOR_WIDTH) ** 2


def positive(relation: Floats) -> Floats:
    """Return the nearest sound correlations to pairs that were estimated one by one.

    Eigenvalues below 0.02 are raised to it, and the diagonal is made 1 again.

    Examples
    --------
    >>> pairs = np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]])
    >>> bool(np.linalg.eigvalsh(pairs).min() < 0 < np.linalg.eigvalsh(positive(pairs)).min())
    True
    """
    values, vectors = np.linalg.eigh(relation)
    raised = (vectors * np.maximum(values, _SMALLEST)) @ vectors.T
    width = np.sqrt(np.diag(raised))
    sound: Floats = raised / width[:, None] / width
    return sound
