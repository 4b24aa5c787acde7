"""How much each kernel counts in a Gaussian process, learned from a sample of its compounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.linalg import cholesky, lapack
from scipy.optimize import minimize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.scoring.trees import Task

    Floats = NDArray[np.float64]

SAMPLE: Final = 700
"""Most compounds that the kernel's weights are learned from; a random sample beyond."""

_CLASS_NOISE: Final = 1.0
"""Least noise where classes are learned, as a share of what the kernel explains.

A sample's labels all look right: evidence for values then finds no noise, and the process runs
through each label.
"""

_WEIGHT_BOUNDS: Final = (1e-3, 50.0)
_NOISE_BOUNDS: Final = (2.5e-3, 7.0)
_PRIOR_WIDTH: Final = 3.0
_STEPS: Final = 25


def learn_weights(
    measured: NDArray[np.float32],
    rows: NDArray[np.int32],
    y: Floats,
    rng: np.random.Generator,
    task: Task = "regression",
) -> tuple[Floats, float]:
    """Return the weights of the C kernels, and the noise, that make the values most likely.

    Maximizes the log marginal likelihood (Rasmussen and Williams, Gaussian Processes for Machine
    Learning, 2006, section 5.4) of at most :data:`SAMPLE` compounds. Of classes half of them are of
    either, as far as there are so many: a random sample of a rare class holds a few dozen of its
    compounds, and weights learned from it differ much from draw to draw.

    Parameters
    ----------
    measured
        float32 (C, m, m): kernels of the reference with itself.
    rows
        int32 (k,): places of the measured compounds.
    y
        float64 (k,): their values, or 0 and 1.
    rng
        Draws the sample.
    task
        Values, or classes.

    Returns
    -------
    float64 (C,), float
        Weights, and the variance of a measurement, for standardized values.
    """
    chosen = _sample(y, rng, task)
    some = y[chosen] if task == "classification" else y
    z = (y[chosen] - some.mean()) / some.std()
    weights, noise = _maximize(measured[:, rows[chosen]][:, :, rows[chosen]], z)
    if task == "classification":
        noise = max(noise, _CLASS_NOISE * float(weights.sum()))
    return weights, noise


def _sample(y: Floats, rng: np.random.Generator, task: Task) -> NDArray[np.int64]:
    order = rng.permutation(len(y))
    if task == "regression":
        return np.sort(order[:SAMPLE])
    ones, zeros = order[y[order] == 1], order[y[order] != 1]
    taken = min(len(ones), max(SAMPLE // 2, SAMPLE - len(zeros)))
    return np.sort(np.concatenate([ones[:taken], zeros[: SAMPLE - taken]]))


def _maximize(components: NDArray[np.float32], z: Floats) -> tuple[Floats, float]:
    parts = components.astype(np.float64)
    start = np.log([*np.full(len(parts), 1 / len(parts)), 0.2])
    bounds = [tuple(np.log(_WEIGHT_BOUNDS))] * len(parts) + [tuple(np.log(_NOISE_BOUNDS))]
    found = minimize(
        _evidence,
        start,
        args=(parts, z),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": _STEPS},
    )
    values = np.exp(found.x)
    return values[:-1], float(values[-1])


def _evidence(theta: Floats, parts: Floats, z: Floats) -> tuple[float, Floats]:
    """Return minus the log evidence of log weights and log noise, and its gradient.

    A wide log-normal prior around exp(-1) keeps weights that do not matter from running off.
    """
    *weights, noise = np.exp(theta)
    kernel = np.tensordot(weights, parts, 1)
    kernel[np.diag_indices(len(kernel))] += noise
    inverse, log_determinant = inverse_of(kernel)
    alpha = inverse @ z
    spread = inverse - np.outer(alpha, alpha)
    gradient = [
        0.5 * weight * np.vdot(spread, part) for weight, part in zip(weights, parts, strict=True)
    ]
    gradient.append(0.5 * noise * np.trace(spread))
    value = 0.5 * float(z @ alpha) + 0.5 * log_determinant
    prior = (theta + 1) / _PRIOR_WIDTH
    return value + 0.5 * float(prior @ prior), np.array(gradient) + prior / _PRIOR_WIDTH


def inverse_of(kernel: Floats) -> tuple[Floats, float]:
    """Return the inverse of a covariance (k, k), which is overwritten, and its log determinant.

    From the Cholesky factor in place: a third of the work of solving for each unit vector.
    """
    # the transpose of a symmetric matrix is itself, laid out as LAPACK wants it
    lower = cholesky(kernel.T, lower=True, overwrite_a=True, check_finite=False)
    log_determinant = 2.0 * float(np.log(np.diag(lower)).sum())
    half, _ = lapack.dpotri(lower, lower=1, overwrite_c=1)
    inverse: Floats = np.tril(half)
    inverse += np.tril(half, -1).T
    return inverse, log_determinant
