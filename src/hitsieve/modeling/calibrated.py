"""Fitting what turns raw predictions into intervals, probabilities and a domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hitsieve.calibration.applicability import fit_applicability
from hitsieve.calibration.conformal import ConformalIntervals
from hitsieve.calibration.temperature import TemperatureScaling
from hitsieve.calibration.venn_abers import VennAbers

if TYPE_CHECKING:
    from hitsieve.assays.splits import Split
    from hitsieve.calibration.applicability import Applicability
    from hitsieve.modeling.labels import Labels
    from hitsieve.scoring.protocol import Prediction


@dataclass(frozen=True, slots=True)
class Views:
    """How the domain looks at n compounds.

    Parameters
    ----------
    morgan
        uint8 (n, 256): packed fingerprints.
    vectors
        float32 (n, p): in the network's own space; None for models without a network.
    """

    morgan: np.ndarray
    vectors: np.ndarray | None = None

    def take(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Return fingerprints and vectors of the chosen compounds."""
        return self.morgan[rows], None if self.vectors is None else self.vectors[rows]


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Everything fitted on the validation part.

    Parameters
    ----------
    intervals
        Of the regression targets; NaN for the others.
    temperature
        Of the classification targets; 1 for the others.
    probabilities
        Bounds on the probabilities of the classification targets; none for the others.
    domain
        Which compounds the model was made for.
    """

    intervals: ConformalIntervals
    temperature: TemperatureScaling
    probabilities: VennAbers
    domain: Applicability

    def to_json(self) -> dict[str, Any]:
        """Return what ``calibration.json`` of a bundle holds."""
        return {
            "intervals": self.intervals.to_dict(),
            "temperature": self.temperature.to_dict(),
            "probabilities": self.probabilities.to_dict(),
        }


def calibrate(
    labels: Labels, split: Split, prediction: Prediction, views: Views, level: float
) -> Calibrated:
    """Fit intervals, temperatures and the domain on the validation part.

    No member of the ensemble has seen this part, not even to choose its epoch.

    Parameters
    ----------
    labels
        n compounds by T targets.
    split
        Their parts.
    prediction
        Of all n compounds.
    views
        How the domain looks at them.
    level
        Share of true values the intervals are to hold.
    """
    rows = split.valid
    regression = np.array([facts.task == "regression" for facts in labels.facts])
    # A bound is no measurement to compare a prediction with.
    y = np.where(labels.matrix.relation[rows] == 0, labels.matrix.y[rows], np.nan)
    mean, std = prediction.mean[rows], prediction.std[rows]
    probability = np.where(regression, 0.5, mean)
    classes = np.where(regression, np.nan, y)
    temperature = TemperatureScaling.fit(classes, probability)
    warmed = temperature.apply(probability)
    errors = relative_errors(labels, np.where(regression, mean, warmed), rows)
    return Calibrated(
        ConformalIntervals.fit(np.where(regression, y, np.nan), mean, std, level),
        temperature,
        VennAbers.fit(classes, warmed),
        fit_applicability(views.take(split.train), views.take(rows), errors),
    )


def relative_errors(labels: Labels, mean: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return absolute errors, averaged over targets in units of their labels' spread.

    Parameters
    ----------
    labels
        n compounds by T targets.
    mean
        float (k, T): predictions of the chosen compounds.
    rows
        (k,) which they are.

    Returns
    -------
    float (k,), NaN where nothing was measured exactly.
    """
    y = np.where(labels.matrix.relation[rows] == 0, labels.matrix.y[rows], np.nan)
    scale = np.array([np.std(known) if len(known := c[~np.isnan(c)]) else 0.0 for c in y.T])
    relative = np.abs(mean - y) / np.where(scale > 0, scale, 1)
    known = ~np.isnan(relative)
    count = known.sum(axis=1)
    errors = np.full(len(rows), np.nan)
    np.divide(np.where(known, relative, 0).sum(axis=1), count, out=errors, where=count > 0)
    return errors
