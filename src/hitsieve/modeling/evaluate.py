"""Measures of the network and of the baseline on the same held-out compounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.errors import InputError
from hitsieve.metrics.bootstrap import interval
from hitsieve.metrics.calibration import (
    attainable_correlation,
    coverage,
    error_spread_correlation,
    interval_width,
)
from hitsieve.metrics.classification import brier, ece, pr_auc, reliability, roc_auc
from hitsieve.metrics.regression import mae, rmse, spearman
from hitsieve.provenance import child_seed
from hitsieve.registry.card import CalibrationCheck, Estimate, Fit, Metric
from hitsieve.registry.card_sections import ReliabilityBin

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Literal

    from hitsieve.modeling.labels import TargetFacts

    Floats = np.ndarray
    Measure = Callable[..., float]

RESAMPLES: Final = 500
PRIMARY: Final = {"regression": "rmse", "classification": "roc_auc"}
"""The measure by task without which nothing is known about how good a model is."""
_REGRESSION: Final[tuple[tuple[str, Measure, Literal["higher", "lower"]], ...]] = (
    ("rmse", rmse, "lower"),
    ("mae", mae, "lower"),
    ("spearman", spearman, "higher"),
)
_CLASSIFICATION: Final[tuple[tuple[str, Measure, Literal["higher", "lower"]], ...]] = (
    ("roc_auc", roc_auc, "higher"),
    ("pr_auc", pr_auc, "higher"),
    ("brier", brier, "lower"),
)


def compare(
    facts: TargetFacts, truth: Floats, network: Floats, baseline: Floats, seed: int
) -> list[Metric]:
    """Measure two models on the same compounds of one target.

    Parameters
    ----------
    facts
        The target; its task chooses the measures.
    truth
        float (n,): measured values of the held-out compounds, none missing.
    network, baseline
        float (n,): predictions.
    seed
        Of the bootstrap.

    Returns
    -------
    list of Metric
        The difference's interval comes from resampling compounds for both models at once.
    """
    found = []
    for name, measure, better in _REGRESSION if facts.task == "regression" else _CLASSIFICATION:
        chosen = child_seed(seed, "bootstrap", facts.name, name)
        found.append(
            Metric(
                target=facts.name,
                metric=name,
                better=better,
                compounds=len(truth),
                network=_estimate(measure, truth, network, seed=chosen),
                baseline=_estimate(measure, truth, baseline, seed=chosen),
                difference=_estimate(
                    _difference_of(measure), truth, network, baseline, seed=chosen
                ),
            )
        )
    return found


def check_intervals(
    facts: TargetFacts, level: float, truth: Floats, lower: Floats, upper: Floats
) -> list[CalibrationCheck]:
    """Tell what share of true values regression intervals hold, and how wide they are."""
    return [
        CalibrationCheck(
            target=facts.name,
            measure="share of true values inside the interval",
            expected=f"{level:.2f}",
            found=_defined(coverage, truth, lower, upper),
        ),
        CalibrationCheck(
            target=facts.name,
            measure=f"mean width of the interval ({facts.unit})",
            expected="",
            found=_defined(interval_width, truth, lower, upper),
        ),
    ]


def check_probabilities(
    facts: TargetFacts, truth: Floats, before: Floats, after: Floats
) -> list[CalibrationCheck]:
    """Tell how far probabilities are from frequencies, before and after calibration."""
    return [
        CalibrationCheck(
            target=facts.name,
            measure=f"expected calibration error, {name}",
            expected="near 0",
            found=_defined(ece, truth, values),
        )
        for name, values in (("before calibration", before), ("after calibration", after))
    ]


def bin_probabilities(
    facts: TargetFacts, truth: Floats, before: Floats, after: Floats
) -> list[ReliabilityBin]:
    """Group test compounds by probability, before and after calibration, ten bins each."""
    found = []
    for calibrated, values in ((False, before), (True, after)):
        try:
            diagram = reliability(truth, values)
        except InputError:  # nothing was measured
            continue
        columns = (diagram.promised, diagram.observed, diagram.count)
        found += [
            ReliabilityBin(
                target=facts.name,
                calibrated=calibrated,
                promised=float(f"{promised:.6g}"),
                observed=float(f"{observed:.6g}"),
                compounds=int(count),
            )
            for promised, observed, count in zip(*columns, strict=True)
        ]
    return found


def check_widths(
    facts: TargetFacts, truth: Floats, lower: Floats, upper: Floats, *, seed: int
) -> list[CalibrationCheck]:
    """Tell whether wide intervals go with large errors, and how far they could at best.

    An error is one draw from its distribution, so even exact widths rank errors imperfectly. The
    attainable value is simulated: errors drawn with exactly these widths.
    """
    width = upper - lower
    best = _defined(lambda values: attainable_correlation(values, seed=seed), width)
    return [
        CalibrationCheck(
            target=facts.name,
            measure="rank correlation of interval width and error",
            expected="" if best is None else f"above 0; {best:.2f} with exact widths (simulated)",
            found=_defined(error_spread_correlation, truth, (lower + upper) / 2, width),
        )
    ]


def check_bounds(
    facts: TargetFacts, truth: Floats, lower: Floats, upper: Floats
) -> list[CalibrationCheck]:
    """Tell whether the share of class 1 lies between the mean bounds, and how wide they are."""
    if not (len(truth) and np.isfinite(lower).all() and np.isfinite(upper).all()):
        return []
    return [
        CalibrationCheck(
            target=facts.name,
            measure="share of class 1",
            expected=f"{lower.mean():.2f} to {upper.mean():.2f}, the mean bounds",
            found=_number(float(truth.mean())),
        ),
        CalibrationCheck(
            target=facts.name,
            measure="mean width of the bounds on the probability",
            expected="",
            found=_number(float((upper - lower).mean())),
        ),
    ]


def measure_fit(facts: TargetFacts, truth: Floats, predicted: Floats) -> list[Fit]:
    """Measure how closely a model follows the values it was trained on."""
    measures = _REGRESSION if facts.task == "regression" else _CLASSIFICATION
    return [
        Fit(
            target=facts.name,
            metric=name,
            value=_defined(measure, truth.astype(np.float64), predicted.astype(np.float64)),
        )
        for name, measure, _ in measures
    ]


def _difference_of(measure: Measure) -> Measure:
    def difference(truth: Floats, network: Floats, baseline: Floats) -> float:
        return measure(truth, network) - measure(truth, baseline)

    return difference


def _estimate(measure: Measure, *arrays: Floats, seed: int) -> Estimate:
    try:
        low, value, high = interval(measure, *arrays, seed=seed, n=RESAMPLES)
    except InputError:  # undefined here, such as a ranking of one class
        return Estimate(low=None, value=None, high=None)
    return Estimate(low=_number(low), value=_number(value), high=_number(high))


def _defined(measure: Measure, *arrays: Floats) -> float | None:
    try:
        return _number(float(measure(*arrays)))
    except InputError:
        return None


def _number(value: float) -> float | None:
    # Six digits are more than any of these is sure of, and keep cards readable.
    return float(f"{value:.6g}") if np.isfinite(value) else None
