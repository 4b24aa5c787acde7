"""Writing the model card from what a training found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hitsieve.modeling.evaluate import check_intervals, check_probabilities, compare
from hitsieve.modeling.labels import exact
from hitsieve.modeling.parts import describe
from hitsieve.provenance import versions
from hitsieve.registry.card import CalibrationCheck, Metric, ModelCard, TargetSizes

if TYPE_CHECKING:
    from hitsieve.assays.audit import LeakAudit
    from hitsieve.assays.splits import Split
    from hitsieve.modeling.calibrated import Calibrated
    from hitsieve.modeling.config import TrainConfig
    from hitsieve.modeling.labels import Labels, TargetFacts
    from hitsieve.scoring.protocol import Prediction

_SMALL_TEST = 50
_TOLERANCE = 0.07


def write_card(
    config: TrainConfig,
    labels: Labels,
    split: Split,
    *,
    network: Prediction,
    baseline: Prediction,
    calibrated: Calibrated,
    leaks: dict[str, int],
    morgan: np.ndarray,
) -> ModelCard:
    """Judge a model on its test part and write its card.

    Parameters
    ----------
    config
        What was asked.
    labels, split
        n compounds and their parts.
    network, baseline
        Raw predictions of all n compounds.
    calibrated
        Intervals, probabilities and domain.
    leaks
        Counts of the leak audit.
    morgan
        uint8 (n, 256): packed fingerprints.
    """
    metrics: list[Metric] = []
    checks: list[CalibrationCheck] = []
    final = calibrated.temperature.apply(_unit(network.mean, labels))
    lower, upper = calibrated.intervals.interval(network.mean, network.std)
    for column, facts in enumerate(labels.facts):
        rows = split.test[exact(labels.matrix, column)[split.test]]
        truth = labels.matrix.y[rows, column].astype(np.float64)
        raw = network.mean[rows, column].astype(np.float64)
        if facts.task == "regression":
            mean = raw
            ends = lower[rows, column], upper[rows, column]
            checks += check_intervals(facts, calibrated.intervals.level, truth, *ends)
        else:
            mean = final[rows, column]
            checks += check_probabilities(facts, truth, raw, mean)
        forest = baseline.mean[rows, column].astype(np.float64)
        metrics += compare(facts, truth, mean, forest, config.seed)
    return ModelCard(
        name=config.name,
        summary=_summary(labels),
        data=labels.sources,
        targets=tuple(_sizes(labels, split)),
        curation=labels.curation,
        split=describe(split, config.split),
        leaks=leaks,
        metrics=tuple(metrics),
        calibration=tuple(checks),
        domain=_domain(labels, split, network, calibrated, morgan),
        warnings=tuple(_warnings(labels, metrics, checks, calibrated, leaks)),
        limits=tuple(_limits(config, labels, split)),
        recipe=config.recipe + (f" with {config.overrides}" if config.overrides else ""),
        seed=config.seed,
        versions=versions(),
    )


def count_leaks(audit: LeakAudit) -> dict[str, int]:
    """Return how many held-out compounds have a twin in another part, by kind of twin."""
    return {
        "same_structure": sum(leak.same_key for leak in audit.leaks),
        "same_substance_other_tautomer": sum(leak.same_inchikey for leak in audit.leaks),
        "same_skeleton_other_stereo": sum(leak.same_stereo_free_key for leak in audit.leaks),
        f"similarity_at_least_{audit.threshold}": sum(
            leak.near_duplicates or 0 for leak in audit.leaks
        ),
    }


def _unit(values: np.ndarray, labels: Labels) -> np.ndarray:
    # Regression columns are not probabilities; they pass through a temperature of 1 unseen.
    regression = np.array([facts.task == "regression" for facts in labels.facts])
    return np.where(regression, 0.5, values)


def _summary(labels: Labels) -> str:
    what = "; ".join(f"{f.endpoint} of {f.name} ({f.unit})" for f in labels.facts)
    return (
        f"An ensemble of graph networks that predicts {what} from structure, trained on "
        f"{len(labels.matrix)} measured compounds."
    )


def _sizes(labels: Labels, split: Split) -> list[TargetSizes]:
    sizes = []
    for column, facts in enumerate(labels.facts):
        known = ~np.isnan(labels.matrix.y[:, column])
        counts = {name: int(known[part].sum()) for name, part in split.parts.items()}
        sizes.append(
            TargetSizes(
                target=facts.name,
                endpoint=facts.endpoint,
                unit=facts.unit,
                direction=facts.direction,
                task=facts.task,
                **counts,
            )
        )
    return sizes


def _domain(
    labels: Labels, split: Split, network: Prediction, calibrated: Calibrated, morgan: np.ndarray
) -> str:
    errors = np.abs(network.mean - labels.matrix.y)[split.test]
    scale = np.nanstd(labels.matrix.y, axis=0)
    # Errors in units of each target's spread may be averaged over targets.
    relative = errors / np.where(scale > 0, scale, 1)
    known = ~np.isnan(relative)
    total = np.where(known, relative, 0).sum(axis=1)
    count = known.sum(axis=1)
    each = np.full(len(total), np.nan)
    np.divide(total, count, out=each, where=count > 0)
    fit = calibrated.domain.describe(morgan[split.test], each)
    text = (
        f"A compound is inside if a training compound has Tanimoto similarity of at least "
        f"{calibrated.domain.threshold:.2f} (Morgan, radius 2, 2048 bits) to it, and all its "
        f"atoms and bonds have features. {fit.outside:.0%} of the test part lie outside."
    )
    if np.isfinite(fit.error_inside) and np.isfinite(fit.error_outside):
        text += (
            f" Mean error, in standard deviations of the labels: {fit.error_inside:.2f} inside, "
            f"{fit.error_outside:.2f} outside."
        )
    return text


def _warnings(
    labels: Labels,
    metrics: list[Metric],
    checks: list[CalibrationCheck],
    calibrated: Calibrated,
    leaks: dict[str, int],
) -> list[str]:
    found = [_baseline_warning(metric) for metric in metrics if metric.baseline_ahead]
    for facts in labels.facts:
        tested = next(m.compounds for m in metrics if m.target == facts.name)
        if tested < _SMALL_TEST:
            found.append(f"{facts.name}: only {tested} test compounds; the numbers are rough.")
    for check in checks:
        if check.expected == f"{calibrated.intervals.level:.2f}" and check.found is not None:
            off = abs(check.found - calibrated.intervals.level)
            if off > _TOLERANCE:
                found.append(
                    f"{check.target}: intervals hold {check.found:.0%} of the test values, "
                    f"{check.expected} was asked."
                )
    found += _uncalibrated(labels.facts, calibrated)
    found += [
        f"{count} held-out compounds have a twin in another part ({kind.replace('_', ' ')})."
        for kind, count in leaks.items()
        if count
    ]
    return found


def _baseline_warning(metric: Metric) -> str:
    numbers = f"{metric.metric} {metric.baseline} against {metric.network}"
    if metric.verdict == "baseline":
        return (
            f"{metric.target}: the random forest on fingerprints predicts the test part better "
            f"than the network: {numbers}."
        )
    return (
        f"{metric.target}: the random forest on fingerprints is ahead of the network, though "
        f"not clearly: {numbers}."
    )


def _uncalibrated(facts: tuple[TargetFacts, ...], calibrated: Calibrated) -> list[str]:
    found = []
    for column, target in enumerate(facts):
        how = calibrated.intervals.method[column]
        if target.task == "regression" and how != "conformal":
            found.append(
                f"{target.name}: too few validation compounds for guaranteed intervals; normal "
                "errors were assumed."
            )
        if target.task == "classification" and calibrated.temperature.method[column] == "none":
            found.append(f"{target.name}: too few validation labels; probabilities are raw.")
    return found


def _limits(config: TrainConfig, labels: Labels, split: Split) -> list[str]:
    policy = config.policy
    limits = [
        (
            f"For organic compounds of {policy.min_heavy_atoms} to {policy.max_heavy_atoms} heavy "
            "atoms; mixtures, metal compounds and radicals are refused."
        ),
        "Outside the applicability domain a score is a guess.",
        "Structures are read as drawn: another tautomer may get another score.",
        "A score ranks compounds for measurement; it replaces no measurement.",
        "The license of the data sets above binds the model too.",
    ]
    for column, facts in enumerate(labels.facts):
        if facts.task == "regression":
            values = labels.matrix.y[split.train, column]
            low, high = np.nanmin(values), np.nanmax(values)
            limits.append(
                f"{facts.name}: trained on values from {low:.2f} to {high:.2f} {facts.unit}; "
                "predictions near or beyond these ends are extrapolations."
            )
    return limits
