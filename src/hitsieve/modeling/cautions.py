"""What a model card warns of, and where it says that the model ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.modeling.audits import IN_TWO_GIVEN_PARTS
from hitsieve.modeling.config import PromotionConfig
from hitsieve.modeling.labels import exact
from hitsieve.registry.markdown import numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hitsieve.assays.splits import Split
    from hitsieve.modeling.calibrated import Calibrated
    from hitsieve.modeling.config import TrainConfig
    from hitsieve.modeling.labels import Labels, TargetFacts
    from hitsieve.registry.card import CalibrationCheck, Metric
    from hitsieve.scoring.bounded import Completed

_SMALL_TEST = 50
_TOLERANCE = 0.07
_MORE: Final = "another split, larger parts or more measurements would tell"


def warnings_of(
    labels: Labels,
    split: Split,
    metrics: Sequence[Metric],
    checks: Sequence[CalibrationCheck],
    calibrated: Calibrated,
    leaks: Mapping[str, int],
) -> list[str]:
    """Return what whoever uses a model should know before anything else.

    Parameters
    ----------
    labels
        What it learned from, with what is doubtful there.
    split
        Its parts.
    metrics, checks
        What it showed on the test part.
    calibrated
        Intervals, probabilities and domain.
    leaks
        How many compounds stand in two parts, by kind.
    """
    found = [_baseline_warning(metric) for metric in metrics if metric.baseline_ahead]
    found += labels.doubts
    for column, facts in enumerate(labels.facts):
        known = exact(labels.matrix, column)
        tested, held = (
            labels.matrix.y[part[known[part]], column] for part in (split.test, split.valid)
        )
        found += _thin(facts, tested)
        found += _one_class(facts, "validation", held)
    found += _undefined(labels.facts, metrics)
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


def _thin(facts: TargetFacts, tested: np.ndarray) -> list[str]:
    """Warn of a test part that says little, or too little for promotion."""
    asked, found = PromotionConfig(), []
    if len(tested) < _SMALL_TEST:
        few = len(tested) < asked.min_test
        more = f", and promotion asks for {asked.min_test}" if few else ""
        found.append(
            f"{facts.name}: only {len(tested)} test compounds; the numbers are rough{more}."
        )
    if facts.task != "classification":
        return found
    rarer, count = min(((k, int((tested == k).sum())) for k in (0, 1)), key=lambda one: one[1])
    if not count:
        return found + _one_class(facts, "test", tested)
    if count < asked.min_class:
        found.append(
            f"{facts.name}: only {count} of {len(tested)} test compounds are of class {rarer}; the "
            f"numbers are rough, and promotion asks for {asked.min_class} of each class."
        )
    return found


def _one_class(facts: TargetFacts, part: str, values: np.ndarray) -> list[str]:
    """Warn of a part that cannot tell whether a model tells classes apart."""
    kinds = np.unique(values)
    if facts.task != "classification" or len(kinds) != 1:
        return []
    what = (
        "nothing is known about how the model tells classes apart"
        if part == "test"
        else "neither probabilities nor their bounds are calibrated on both classes"
    )
    which = f"all {len(values)} {part} compounds are of class {kinds[0]:.0f}"
    return [f"{facts.name}: {which}, so {what}; {_MORE}."]


def _undefined(facts: Sequence[TargetFacts], metrics: Sequence[Metric]) -> list[str]:
    lacking = {
        one.name: [m.metric for m in metrics if m.target == one.name and m.network.value is None]
        for one in facts
    }
    return [
        f"{name}: {', '.join(names)} of the test part {'is' if len(names) == 1 else 'are'} not "
        "defined."
        for name, names in lacking.items()
        if names
    ]


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
                f"{target.name}: too few compounds to calibrate intervals on; normal errors "
                "were assumed."
            )
        if target.task == "classification" and calibrated.temperature.method[column] == "none":
            found.append(f"{target.name}: too few labels to calibrate on; probabilities are raw.")
    return found


def limits_of(config: TrainConfig, labels: Labels, split: Split, completed: Completed) -> list[str]:
    """Return where a model ends.

    Parameters
    ----------
    config
        What was asked.
    labels, split
        n compounds and their parts.
    completed
        What models that know no bounds learned from.
    """
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
            low, high = numbers(float(np.nanmin(values)), float(np.nanmax(values)))
            limits.append(
                f"{facts.name}: trained on values from {low} to {high} {facts.unit}; "
                "predictions near or beyond these ends are extrapolations."
            )
    return limits + _bounds(labels, completed)


def _bounds(labels: Labels, completed: Completed) -> list[str]:
    """Say how bounds among the labels were learned from."""
    counts = zip(labels.facts, completed.bounds, completed.used, strict=True)
    return [
        f"{facts.name}: {bounds} of the labels it learned from are bounds (< or >). For {used} of "
        "them the model and the random forest learned the value expected beyond the bound, which "
        "takes it that where a bound lies does not depend on how far the value is beyond it; the "
        f"other {bounds - used} are kept anyway and say nothing."
        for facts, bounds, used in counts
        if bounds
    ]
