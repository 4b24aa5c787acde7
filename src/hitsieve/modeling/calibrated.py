"""Fitting what turns raw predictions into intervals, probabilities and a domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hitsieve.calibration.applicability import SHARES, Closeness, fit_applicability
from hitsieve.calibration.conformal import ConformalIntervals
from hitsieve.calibration.embedding import EmbeddingDomain
from hitsieve.calibration.seen import SeenFeatures
from hitsieve.calibration.temperature import TemperatureScaling
from hitsieve.calibration.venn_abers import VennAbers

if TYPE_CHECKING:
    from hitsieve.calibration.applicability import Applicability
    from hitsieve.calibration.domain import DomainFit
    from hitsieve.modeling.labels import Labels
    from hitsieve.modeling.unseen import Unseen, Views
    from hitsieve.scoring.protocol import Prediction


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Everything fitted on compounds that were not learned from.

    Parameters
    ----------
    intervals
        Of the regression targets; NaN for the others.
    temperature
        Of the classification targets; 1 for the others.
    probabilities
        Of the classification targets, with their bounds; none for the others.
    domain
        Which compounds the model was made for.
    fit
        How the compounds that its limits were set on fare.
    regression
        bool (T,): targets whose predictions are values; those of the others are probabilities.
    how, compounds
        What all this was fitted on, in words, and how many compounds with exact values those are.
    """

    intervals: ConformalIntervals
    temperature: TemperatureScaling
    probabilities: VennAbers
    domain: Applicability
    fit: DomainFit
    regression: np.ndarray
    how: str
    compounds: int

    def values(self, mean: np.ndarray) -> np.ndarray:
        """Return raw predictions (n, T) with probabilities that come true."""
        warmed = self.temperature.apply(np.where(self.regression, 0.5, mean))
        return np.where(self.regression, mean, self.probabilities.apply(warmed))

    def ends(self, raw: Prediction) -> tuple[np.ndarray, np.ndarray]:
        """Return lower and upper ends of raw predictions, (n, T) each; NaN where there are none."""
        low, high = self.intervals.interval(raw.mean, raw.std)
        final = np.where(self.regression, 0.5, self.values(raw.mean))
        below, above = self.probabilities.bounds(final)
        return np.where(self.regression, low, below), np.where(self.regression, high, above)

    def to_json(self) -> dict[str, Any]:
        """Return what ``calibration.json`` of a bundle holds."""
        return {
            "intervals": self.intervals.to_dict(),
            "temperature": self.temperature.to_dict(),
            "probabilities": self.probabilities.to_dict(),
        }


def calibrate(labels: Labels, unseen: Unseen, training: Views, level: float) -> Calibrated:
    """Fit intervals, temperatures and the domain on compounds that were not learned from.

    Parameters
    ----------
    labels
        n compounds by T targets.
    unseen
        Those to fit on, as models say that have not learned from them.
    training
        How the domain looks at those that were learned from.
    level
        Share of true values the intervals are to hold.
    """
    rows, mean, std = unseen.rows, unseen.prediction.mean, unseen.prediction.std
    regression = np.array([facts.task == "regression" for facts in labels.facts])
    # A bound is no measurement to compare a prediction with.
    y = np.where(labels.matrix.relation[rows] == 0, labels.matrix.y[rows], np.nan)
    y = np.where(np.isnan(mean), np.nan, y)
    mean, std = np.nan_to_num(mean, nan=0.5), np.nan_to_num(std)
    probability = np.where(regression, 0.5, mean)
    classes = np.where(regression, np.nan, y)
    temperature = TemperatureScaling.fit(classes, probability)
    warmed = temperature.apply(probability)
    errors = relative_errors(y, np.where(regression, mean, warmed))
    vectors = training.vectors
    domain, fit = fit_applicability(
        training.morgan,
        None if vectors is None else EmbeddingDomain.of(vectors, SHARES[0]),
        SeenFeatures.of(training.graphs),
        Closeness(unseen.similarity, unseen.distance, errors),
    )
    return Calibrated(
        ConformalIntervals.fit(np.where(regression, y, np.nan), mean, std, level),
        temperature,
        VennAbers.fit(classes, warmed),
        domain,
        fit,
        regression,
        unseen.how,
        int((~np.isnan(y)).any(axis=1).sum()),
    )


def relative_errors(y: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return absolute errors, averaged over targets in units of their labels' spread.

    Parameters
    ----------
    y
        float (k, T): exact values, NaN where nothing was measured exactly.
    mean
        float (k, T): predictions.

    Returns
    -------
    float (k,), NaN where nothing was measured exactly.
    """
    scale = np.array([np.std(known) if len(known := c[~np.isnan(c)]) else 0.0 for c in y.T])
    relative = np.abs(mean - y) / np.where(scale > 0, scale, 1)
    known = ~np.isnan(relative)
    count = known.sum(axis=1)
    errors = np.full(len(y), np.nan)
    np.divide(np.where(known, relative, 0).sum(axis=1), count, out=errors, where=count > 0)
    return errors
