"""Writing the model card from what a training found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hitsieve.modeling.calibrated import relative_errors
from hitsieve.modeling.cautions import limits_of, warnings_of
from hitsieve.modeling.evaluate import (
    bin_probabilities,
    check_bounds,
    check_intervals,
    check_probabilities,
    check_widths,
    compare,
    measure_fit,
)
from hitsieve.modeling.frozen import verified_frozen
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
from hitsieve.registry.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.assays.splits import Split
    from hitsieve.modeling.audits import Audits
    from hitsieve.modeling.calibrated import Calibrated, Views
    from hitsieve.modeling.config import TrainConfig
    from hitsieve.modeling.labels import Labels
    from hitsieve.scoring.bounded import Completed
    from hitsieve.scoring.protocol import Prediction
    from hitsieve.training.fitted import FittedNetwork


@dataclass(frozen=True, slots=True)
class Findings:
    """What a training found, for the card.

    Parameters
    ----------
    network, baseline
        Raw predictions of all n compounds.
    calibrated
        Intervals, probabilities and domain.
    completed
        What models that know no bounds learned from.
    audits
        Of split and labels.
    views
        How the domain looks at the compounds.
    """

    network: Prediction
    baseline: Prediction
    calibrated: Calibrated
    completed: Completed
    audits: Audits
    views: Views


def write_card(config: TrainConfig, labels: Labels, split: Split, findings: Findings) -> ModelCard:
    """Judge a model on its test part and write its card.

    Parameters
    ----------
    config
        What was asked.
    labels, split
        n compounds and their parts.
    findings
        What the training found.
    """
    network, baseline = findings.network, findings.baseline
    calibrated, audits = findings.calibrated, findings.audits
    metrics: list[Metric] = []
    checks: list[CalibrationCheck] = []
    fit: list[Fit] = []
    bins: list[ReliabilityBin] = []
    final = calibrated.temperature.apply(_unit(network.mean, labels))
    lower, upper = calibrated.intervals.interval(network.mean, network.std)
    below, above = calibrated.probabilities.bounds(final)
    leaks = audits.leak_counts()
    frozen = verified_frozen(Registry(config.registry), config.name)
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
        curation=_curation(labels, split, audits),
        split=describe(labels, split, config.split, frozen),
        leaks=leaks,
        metrics=tuple(metrics),
        fit=tuple(fit),
        calibration=tuple(checks),
        reliability=tuple(bins),
        domain=_domain(labels, split, network, calibrated, findings.views),
        warnings=tuple(warnings_of(labels, split, metrics, checks, calibrated, leaks)),
        limits=tuple(limits_of(config, labels, split, findings.completed)),
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


def _curation(labels: Labels, split: Split, audits: Audits) -> dict[str, int]:
    found = {**labels.curation, "labels_contradicted_by_neighbors": audits.contradicted}
    out = len(split.left_out)
    return {**found, "forms_left_out_of_later_parts": out} if out else found


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
