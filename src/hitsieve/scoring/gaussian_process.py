"""Gaussian process regression on the kernels of :mod:`hitsieve.scoring.kernel`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from hitsieve.scoring.kernel_weights import inverse_of, learn_weights
from hitsieve.scoring.left_out import LeftOut
from hitsieve.scoring.minmax import BLOCK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.scoring.related import Related
    from hitsieve.scoring.trees import Task

    Floats = NDArray[np.float64]

MOST_FOR_CLASS_SPREAD: Final = 3000
"""Most measured compounds of a class with which near compounds are told from far ones.

A compound costs the square of their number. On Tox21, twelve targets of 6,000 compounds each, that
is 430 million multiplications a compound and matrices of 1.7 GB, for 0.001 of ROC AUC.
"""


class Reference(Protocol):
    """Compounds that others are compared with."""

    def at(self, rows: NDArray[np.int32]) -> Reference:
        """Return the reference of some of the compounds."""

    def own(self) -> NDArray[np.float32]:
        """Return the kernels of the m compounds with each other: float32 (components, m, m)."""


@dataclass(frozen=True)
class GaussianProcess:
    """The process of one target, conditioned on k measurements.

    Labels are standardized; the kernel is ``sum(weights[c] * component[c])``, to which ``noise``
    is added for measured values (Rasmussen and Williams, Gaussian Processes for Machine
    Learning, 2006, chapters 2 and 5). Measurements may be of other targets too.

    Attributes
    ----------
    rows
        int32 (k,): places of the measured compounds in the kernel reference.
    weights
        float64 (C,): of the kernel's components.
    noise
        Variance of a measurement, in squared standard deviations of the labels.
    alpha
        float64 (k,): coefficients of the mean.
    shift, scale
        Mean and standard deviation of the labels.
    related
        Which targets the measurements are of; all of this one if None.
    """

    rows: NDArray[np.int32]
    weights: Floats
    noise: float
    alpha: Floats
    shift: float
    scale: float
    related: Related | None = None
    _factor: list[NDArray[np.float32]] = field(default_factory=list, repr=False, compare=False)

    def mean(self, components: NDArray[np.float32]) -> Floats:
        """Return the expected values of n compounds; components float32 (C, n, m)."""
        alpha = self.alpha if self.related is None else self.alpha * self.related.ties
        values: Floats = self._kernel(components) @ alpha * self.scale + self.shift
        return values

    def std(self, components: NDArray[np.float32], reference: Reference) -> Floats:
        """Return the standard deviation of a new measurement of n compounds.

        Parameters
        ----------
        components
            float32 (C, n, m): kernels with the reference.
        reference
            The m compounds; the first call factorizes the kernel matrix of the measured ones.
        """
        deviation: Floats = np.sqrt(self._left(components, reference) + self.noise) * self.scale
        return deviation

    def class_spread(self, components: NDArray[np.float32], reference: Reference) -> Floats:
        """Return the standard deviation of n compounds of a class, float64 (n,), without noise.

        It tells near compounds from far ones, which :meth:`std` does not where classes are learned:
        noise is set there, and large. In the unit of labels 0 and 1; 0 for all where more than
        :data:`MOST_FOR_CLASS_SPREAD` compounds were measured. Parameters as for :meth:`std`.
        """
        if len(self.rows) > MOST_FOR_CLASS_SPREAD:
            return np.zeros(components.shape[1])
        deviation: Floats = np.sqrt(self._left(components, reference)) * self.scale
        return deviation

    def class_spread_of(self, deviation: Floats) -> Floats:
        """Return :meth:`class_spread`, float64 (n,), of compounds whose :meth:`std` is known."""
        if len(self.rows) > MOST_FOR_CLASS_SPREAD:
            return np.zeros(len(deviation))
        left: Floats = np.sqrt(np.maximum(deviation**2 - self.noise * self.scale**2, 0.0))
        return left

    def _left(self, components: NDArray[np.float32], reference: Reference) -> Floats:
        """Return the variance that measurements leave, float64 (n,), of standardized labels."""
        if not self._factor:
            places = np.arange(len(self.rows), dtype=np.int32)
            kernel = weighted_own(reference.at(self.rows).own(), self.weights, places)
            kernel = _covariance(kernel, self.noise, self.related)
            lower = cholesky(kernel, lower=True, overwrite_a=True, check_finite=False)
            inverse = solve_triangular(lower, np.eye(len(lower)), lower=True, check_finite=False)
            self._factor.append(np.ascontiguousarray(inverse.T, dtype=np.float32))
        near = self._kernel(components).astype(np.float32)
        if self.related is not None:
            near *= self.related.ties.astype(np.float32)
        known = near @ self._factor[0]
        left = self.weights.sum() - (known.astype(np.float64) ** 2).sum(axis=1)
        variance: Floats = np.maximum(left, 0.0)
        return variance

    def _kernel(self, components: NDArray[np.float32]) -> Floats:
        return weighted(components, self.weights, self.rows)

    def __getstate__(self) -> dict[str, Any]:
        # The factor is as large as a kernel matrix and made again where it is needed.
        return {**self.__dict__, "_factor": []}


def weighted(
    components: NDArray[np.float32], weights: Floats, columns: NDArray[np.int32]
) -> Floats:
    """Return the weighted sum of components (C, n, m) at some columns: float64 (n, k)."""
    most = 2 * len(columns) > components.shape[2]  # then the sum is cheaper than five choices
    kernel = np.zeros((components.shape[1], components.shape[2] if most else len(columns)))
    for weight, component in zip(weights, components, strict=True):
        kernel += weight * (component if most else component[:, columns])
    if most and not np.array_equal(columns, np.arange(components.shape[2])):
        return kernel[:, columns]
    return kernel


def weighted_own(
    components: NDArray[np.float32], weights: Floats, rows: NDArray[np.int32]
) -> Floats:
    """Return the weighted sum of components (C, m, m) at some rows and columns: float64 (k, k).

    Block by block, so that no more than the result is held.
    """
    kernel = np.empty((len(rows), len(rows)))
    all_of_them = np.array_equal(rows, np.arange(components.shape[2]))
    for start in range(0, len(rows), BLOCK):
        some = slice(start, start + BLOCK)
        total = np.zeros((len(rows[some]), components.shape[2]))
        for weight, component in zip(weights, components, strict=True):
            total += weight * component[rows[some]]
        kernel[some] = total if all_of_them else total[:, rows]
    return kernel


def fit_process(
    measured: NDArray[np.float32],
    rows: NDArray[np.int32],
    y: Floats,
    folds: list[NDArray[np.int64]],
    rng: np.random.Generator,
    task: Task = "regression",
) -> tuple[GaussianProcess, LeftOut[GaussianProcess]]:
    """Condition a process on measurements, with weights that make them likely.

    Parameters
    ----------
    measured
        float32 (C, m, m): kernels of the reference with itself.
    rows
        int32 (k,): places of the measured compounds.
    y
        float64 (k,): their values, not all the same.
    folds
        Places in ``rows``, each in one fold: what is left out together.
    rng
        Draws the sample that the weights are learned from.
    task
        Values, or classes 0 and 1.

    Returns
    -------
    GaussianProcess
        Conditioned on all k.
    LeftOut
        Mean and standard deviation that it gives each compound when its fold is left out, weights
        unchanged: in closed form, from one inverse.
    """
    shift, scale = float(y.mean()), float(y.std())
    z = (y - shift) / scale
    weights, noise = learn_weights(measured, rows, y, rng, task)
    covariance = _covariance(weighted_own(measured, weights, rows), noise, None)
    unconditioned = GaussianProcess(rows.astype(np.int32), weights, noise, z, shift, scale)
    return _condition(unconditioned, covariance, z, folds)


def extend_process(
    process: GaussianProcess,
    kernel: Floats,
    rows: NDArray[np.int32],
    z: Floats,
    related: Related,
    folds: list[NDArray[np.int64]],
) -> tuple[GaussianProcess, LeftOut[GaussianProcess]]:
    """Condition a process on measurements of other targets besides its own.

    Parameters
    ----------
    process
        Conditioned on its own alone; weights, noise and scale stay.
    kernel
        float64 (k, k): weighted sum of the components, overwritten.
    rows
        int32 (k,): places of the compounds in the reference; one that was measured on several
        targets stands there several times.
    z
        float64 (k,): values, standardized for each target.
    related
        Which target each is of.
    folds
        Places left out together; a compound must be left out on all targets at once, for one
        that is new has been measured on none.

    Returns
    -------
    GaussianProcess, LeftOut
        The process, and its word on what is left out in a fold, in the label's unit.
    """
    extended = replace(process, rows=rows, alpha=z, related=related, _factor=[])
    return _condition(extended, related.covariance(kernel), z, folds)


def _covariance(kernel: Floats, noise: float, related: Related | None) -> Floats:
    """Turn kernels of measured compounds (k, k) into their covariance, in place."""
    if related is not None:
        return related.covariance(kernel)
    kernel[np.diag_indices(len(kernel))] += noise
    return kernel


def _condition(
    process: GaussianProcess, covariance: Floats, z: Floats, folds: list[NDArray[np.int64]]
) -> tuple[GaussianProcess, LeftOut[GaussianProcess]]:
    """Condition a process on standardized values, with and without each fold; overwrites."""
    inverse, _ = inverse_of(covariance)
    alpha = inverse @ z
    mean, std = np.full(len(z), np.nan), np.full(len(z), np.nan)
    models = []
    for fold in folds:
        left = np.linalg.inv(inverse[np.ix_(fold, fold)])
        lacking = left @ alpha[fold]
        mean[fold] = z[fold] - lacking
        std[fold] = np.sqrt(np.diag(left))
        # by the inverse of a matrix in blocks; 0 for the fold itself
        models.append(_without(process, fold, alpha - inverse[:, fold] @ lacking))
    told = LeftOut(mean * process.scale + process.shift, std * process.scale, models)
    return replace(process, alpha=alpha, _factor=[]), told


def _without(process: GaussianProcess, fold: NDArray[np.int64], alpha: Floats) -> GaussianProcess:
    """Return a process on what a fold leaves; ``alpha`` float64 (k,) is that of all k."""
    kept = np.delete(np.arange(len(alpha)), fold)
    related = process.related
    if related is not None:
        related = replace(related, owners=related.owners[kept])
    rows = process.rows[kept]
    return replace(process, rows=rows, alpha=alpha[kept], related=related, _factor=[])
