"""Writing the model card from what a training found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hitsieve.modeling.audits import IN_TWO_GIVEN_PARTS
from hitsieve.modeling.calibrated import relative_errors
from hitsieve.modeling.evaluate import (
    bin_probabilities,
    check_bounds,
    check_intervals,
    check_probabilities,
    check_widths,
    compare,
    measure_fit,
)
from hitsieve.modeling.labels import exact
from hitsieve.modeling.parts import describe
from hitsieve.modeling.start import encoder_sources
from hitsieve.provenance import versions
from hitsieve.registry.card import (
    CalibrationCheck,
    Fit,
    Metric,
    ModelCard,
    TargetSizes,
)
from hitsieve.registry.card_sections import LossCurve, ReliabilityBin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.assays.splits import Split
    from hitsieve.modeling.audits import Audits
    from hitsieve.modeling.calibrated import Calibrated, Views
    from hitsieve.modeling.config import TrainConfig
    from hitsieve.modeling.labels import Labels, TargetFacts
    from hitsieve.scoring.protocol import Prediction
    from hitsieve.training.fitted import FittedNetwork

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
    audits: Audits,
    views: Views,
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
    audits
        Of split and labels.
    views
        How the domain looks at the compounds.
    """
    metrics: list[Metric] = []
    checks: list[CalibrationCheck] = []
    fit: list[Fit] = []
    bins: list[ReliabilityBin] = []
    final = calibrated.temperature.apply(_unit(network.mean, labels))
    lower, upper = calibrated.intervals.interval(network.mean, network.std)
    below, above = calibrated.probabilities.bounds(final)
    leaks = audits.leak_counts()
    for column, facts in enumerate(labels.facts):
        rows = split.test[exact(labels.matrix, column)[split.test]]
        truth = labels.matrix.y[rows, column].astype(np.float64)
        raw = network.mean[rows, column].astype(np.float64)
        if facts.task == "regression":
            mean = raw
            ends = lower[rows, column], upper[rows, column]
            checks += check_intervals(facts, calibrated.intervals.level, truth, *ends)
            checks += check_widths(facts, truth, *ends, seed=config.seed)
        else:
            mean = final[rows, column]
            checks += check_probabilities(facts, truth, raw, mean)
            bins += bin_probabilities(facts, truth, raw, mean)
            checks += check_bounds(facts, truth, below[rows, column], above[rows, column])
        forest = baseline.mean[rows, column].astype(np.float64)
        metrics += compare(facts, truth, mean, forest, config.seed)
        seen = split.train[exact(labels.matrix, column)[split.train]]
        said = network.mean if facts.task == "regression" else final
        fit += measure_fit(facts, labels.matrix.y[seen, column], said[seen, column])
    return ModelCard(
        name=config.name,
        summary=_summary(labels),
        data=(*labels.sources, *encoder_sources(config.load_recipe())),
        targets=tuple(_sizes(labels, split)),
        curation={**labels.curation, "labels_contradicted_by_neighbors": audits.contradicted},
        split=describe(split, config.split),
        leaks=leaks,
        metrics=tuple(metrics),
        fit=tuple(fit),
        calibration=tuple(checks),
        reliability=tuple(bins),
        domain=_domain(labels, split, network, calibrated, views),
        warnings=tuple(_warnings(labels, metrics, checks, calibrated, leaks)),
        limits=tuple(_limits(config, labels, split)),
        recipe=config.recipe + (f" with {config.overrides}" if config.overrides else ""),
        seed=config.seed,
        versions=versions(),
    )


def loss_curves(fitted: Sequence[FittedNetwork]) -> tuple[LossCurve, ...]:
    """Return the losses of an ensemble's members for the card, six digits each."""
    return tuple(
        LossCurve(
            member=number,
            best=member.best,
            train_loss=tuple(float(f"{e.train_loss:.6g}") for e in member.history),
            stopping_loss=tuple(float(f"{e.stopping_loss:.6g}") for e in member.history),
        )
        for number, member in enumerate(fitted)
    )


def _unit(values: np.ndarray, labels: Labels) -> np.ndarray:
    # Regression columns are not probabilities; they pass through a temperature of 1 unseen.
    return np.where(_classes(labels), values, 0.5)


def _classes(labels: Labels) -> np.ndarray:
    return np.array([facts.task == "classification" for facts in labels.facts])


def _summary(labels: Labels) -> str:
    what = "; ".join(f"{f.endpoint} of {f.name} ({f.unit})" for f in labels.facts)
    return (
        f"A model that predicts {what} from structure, trained on "
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
    labels: Labels, split: Split, network: Prediction, calibrated: Calibrated, views: Views
) -> str:
    domain = calibrated.domain
    final = np.where(_classes(labels), calibrated.temperature.apply(_unit(network.mean, labels)),
                     network.mean)  # fmt: skip
    errors = relative_errors(labels, final[split.test], split.test)
    fit = domain.describe(*views.take(split.test), errors)
    text = (
        f"A compound is inside if a training compound has Tanimoto similarity of at least "
        f"{domain.fingerprint.threshold:.2f} (Morgan, radius 2, 2048 bits) to it, all its "
        f"atoms and bonds have features"
    )
    if domain.embedding is not None:
        text += (
            f", and it lies within a distance of {domain.embedding.threshold:.2f} from the "
            "training compounds in the network's own space (they have about 1)"
        )
    text += f". {fit.outside:.0%} of the test part lie outside."
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
    found += labels.doubts
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
    if torn := leaks[IN_TWO_GIVEN_PARTS]:
        found.append(
            f"{torn} compounds stand in several parts of the split that the data came with; each "
            "was given to the first of train, valid and test, so the test part is not quite the "
            "published one."
        )
    found += [
        f"{count} held-out compounds have a twin in another part ({kind.replace('_', ' ')})."
        for kind, count in leaks.items()
        if count and kind != IN_TWO_GIVEN_PARTS
    ]
    return found


def _baseline_warning(metric: Metric) -> str:
    numbers = f"{metric.metric} {metric.baseline} against {metric.network}"
    if metric.verdict == "baseline":
        return (
            f"{metric.target}: the random forest on fingerprints predicts the test part better "
            f"than the model: {numbers}."
        )
    return (
        f"{metric.target}: the random forest on fingerprints is ahead of the model, though "
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
