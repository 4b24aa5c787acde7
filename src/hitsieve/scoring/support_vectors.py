"""Support vector machines on the kernels of :mod:`hitsieve.scoring.kernel`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from hitsieve.scoring.gaussian_process import weighted
from hitsieve.scoring.left_out import LeftOut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from sklearn.svm import SVC, SVR

    Floats = NDArray[np.float64]
    Task = Literal["regression", "classification"]

SAMPLE: Final = 1500
"""Most compounds that the penalty is chosen on; a random sample beyond."""

_TUBE: Final = 0.02


@dataclass(frozen=True, slots=True)
class SupportVectors:
    """The machine of one target (Vapnik 1995).

    Attributes
    ----------
    rows
        int32 (s,): places of the support vectors in the kernel reference.
    weights
        float64 (C,): of the kernel's components.
    coefficients
        float64 (s,): of the support vectors, in the label's unit; of the decision function for
        classification.
    intercept
        Value far from everything.
    """

    rows: NDArray[np.int32]
    weights: Floats
    coefficients: Floats
    intercept: float

    def mean(self, components: NDArray[np.float32]) -> Floats:
        """Return values of n compounds; components float32 (C, n, m)."""
        kernel = weighted(components, self.weights, self.rows)
        values: Floats = kernel @ self.coefficients + self.intercept
        return values


def fit_machine(
    kernel: Floats,
    rows: NDArray[np.int32],
    weights: Floats,
    y: Floats,
    task: Task,
    folds: list[NDArray[np.int64]],
    penalties: Sequence[float],
    ties: Floats | None = None,
) -> tuple[SupportVectors, LeftOut[SupportVectors]]:
    """Fit a machine to the measured compounds of one target.

    Parameters
    ----------
    kernel
        float64 (k, k): weighted sum of the components, 1 on the diagonal.
    rows
        int32 (k,): places of the compounds in the reference.
    weights
        float64 (C,): those of the kernel.
    y
        float64 (k,): values, or classes 0 and 1.
    task
        Regression inside a tube of a fiftieth of a standard deviation, or a classifier with
        balanced classes.
    folds
        Places in ``rows``, each in one fold.
    penalties
        Values of C to choose from, by the squared error on left-out folds; both classes count
        alike.
    ties
        float64 (k,): what each measurement counts for the target where some are of others, and
        ``kernel`` holds their relations (:class:`hitsieve.scoring.related.Related`).

    Returns
    -------
    SupportVectors
        Fitted to all k.
    LeftOut
        What it says of each compound when its fold is left out.
    """
    shift, scale = (0.0, 1.0) if task == "classification" else (float(y.mean()), float(y.std()))
    z = (y - shift) / scale
    penalty = _choose_penalty(kernel, z, task, folds, penalties)

    def machine(model: SVR | SVC, rows: NDArray[np.int32], ties: Floats | None) -> SupportVectors:
        coefficients = model.dual_coef_[0] * scale
        if ties is not None:
            coefficients = coefficients * ties[model.support_]
        support = rows[model.support_].astype(np.int32)
        return SupportVectors(
            support, weights, coefficients, float(model.intercept_[0]) * scale + shift
        )

    said, fitted = _left_out(kernel, z, task, folds, penalty)
    models = []
    for fold, model in zip(folds, fitted, strict=True):
        kept = _kept(z, fold)
        models.append(machine(model, rows[kept], None if ties is None else ties[kept]))
    told = LeftOut(said * scale + shift, np.where(np.isnan(said), np.nan, 0.0), models)
    return machine(_machine(task, penalty).fit(kernel, z), rows, ties), told


def _choose_penalty(
    kernel: Floats,
    z: Floats,
    task: Task,
    folds: list[NDArray[np.int64]],
    penalties: Sequence[float],
) -> float:
    if len(penalties) == 1:
        return penalties[0]
    fewer = _sample(z, task, folds)
    chosen = np.unique(np.concatenate(fewer))
    inner, known = kernel[np.ix_(chosen, chosen)], z[chosen]
    places = [np.searchsorted(chosen, np.sort(fold)) for fold in fewer]
    aim, counts = known, None
    if task == "classification":
        aim = 2 * known - 1
        # As the machine is fitted: a rare class would hardly count, and C be chosen without it.
        counts = np.where(known == 1, 1 / known.sum(), 1 / (1 - known).sum())
    errors = []
    for penalty in penalties:
        found, _ = _left_out(inner, known, task, places, penalty)
        if task == "classification":
            found = np.clip(found, -1, 1)
        errors.append(float(np.average((found - aim) ** 2, weights=counts)))
    return penalties[int(np.argmin(errors))]


def _sample(z: Floats, task: Task, folds: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """Return the first of each fold; all where those without one fold would be of one class."""
    share = min(1.0, SAMPLE / sum(len(fold) for fold in folds))
    fewer = [fold[: max(1, round(share * len(fold)))] for fold in folds]
    if task == "classification":
        ones = np.array([(z[fold] == 1).sum() for fold in fewer])
        zeros = np.array([len(fold) for fold in fewer]) - ones
        if min((ones.sum() - ones).min(), (zeros.sum() - zeros).min()) == 0:
            return folds
    return fewer


def _left_out(
    kernel: Floats, z: Floats, task: Task, folds: list[NDArray[np.int64]], penalty: float
) -> tuple[Floats, list[SVR | SVC]]:
    """Return what is said of each fold, and by which machines."""
    found = np.full(len(z), np.nan)
    models = []
    for fold in folds:
        kept = _kept(z, fold)
        model = _machine(task, penalty).fit(kernel[np.ix_(kept, kept)], z[kept])
        inner = kernel[np.ix_(fold, kept)]
        found[fold] = (
            model.predict(inner) if task == "regression" else model.decision_function(inner)
        )
        models.append(model)
    return found, models


def _kept(z: Floats, fold: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places that a fold leaves, ascending."""
    return np.setdiff1d(np.arange(len(z)), fold)


def _machine(task: Task, penalty: float) -> SVR | SVC:
    from sklearn.svm import SVC, SVR

    if task == "regression":
        return SVR(kernel="precomputed", C=penalty, epsilon=_TUBE)
    return SVC(kernel="precomputed", C=penalty, class_weight="balanced")
