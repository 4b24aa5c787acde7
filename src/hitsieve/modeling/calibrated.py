"""Fitting what turns raw predictions into intervals, probabilities and a domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hitsieve.calibration.conformal import ConformalIntervals
from hitsieve.calibration.domain import FingerprintDomain
from hitsieve.calibration.temperature import TemperatureScaling

if TYPE_CHECKING:
    from hitsieve.assays.splits import Split
    from hitsieve.modeling.labels import Labels
    from hitsieve.scoring.protocol import Prediction


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Everything fitted on the validation part.

    Parameters
    ----------
    intervals
        Of the regression targets; NaN for the others.
    temperature
        Of the classification targets; 1 for the others.
    domain
        Which compounds the model was made for.
    """

    intervals: ConformalIntervals
    temperature: TemperatureScaling
    domain: FingerprintDomain

    def to_json(self) -> dict[str, Any]:
        """Return what ``calibration.json`` of a bundle holds."""
        return {
            "intervals": self.intervals.to_dict(),
            "temperature": self.temperature.to_dict(),
        }


def calibrate(
    labels: Labels, split: Split, prediction: Prediction, morgan: np.ndarray, level: float
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
    morgan
        uint8 (n, 256): packed fingerprints.
    level
        Share of true values the intervals are to hold.
    """
    rows = split.valid
    regression = np.array([facts.task == "regression" for facts in labels.facts])
    # A bound is no measurement to compare a prediction with.
    y = np.where(labels.matrix.relation[rows] == 0, labels.matrix.y[rows], np.nan)
    mean, std = prediction.mean[rows], prediction.std[rows]
    probability = np.where(regression, 0.5, mean)
    return Calibrated(
        ConformalIntervals.fit(np.where(regression, y, np.nan), mean, std, level),
        TemperatureScaling.fit(np.where(regression, np.nan, y), probability),
        FingerprintDomain.fit(morgan[split.train], morgan[rows]),
    )
