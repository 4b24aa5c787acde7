"""Writing the model card from what a training found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from hitsieve.modeling.boundary import describe_calibration, describe_domain
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
    from hitsieve.modeling.calibrated import Calibrated
    from hitsieve.modeling.config import TrainConfig
    from hitsieve.modeling.labels import Labels
    from hitsieve.modeling.unseen import Views
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
    calibrated = findings.calibrated
    judged = _judge(config, labels, split, findings)
    leaks = findings.audits.leak_counts()
    frozen = verified_frozen(Registry(config.registry), config.name)
    domain, lost = describe_domain(labels, split, calibrated, findings.network, findings.views)
    warnings = warnings_of(labels, split, judged.metrics, judged.checks, calibrated, leaks)
    return ModelCard(
        name=config.name,
        summary=_summary(labels, split),
        data=(*labels.sources, *encoder_sources(config.load_recipe())),
        targets=tuple(_sizes(labels, split)),
        curation=_curation(labels, split, findings.audits),
        split=describe(labels, split, config.split, frozen),
        leaks=leaks,
        metrics=tuple(judged.metrics),
        fit=tuple(judged.fit),
        calibrated_on=describe_calibration(labels, calibrated),
        calibration=tuple(judged.checks),
        reliability=tuple(judged.bins),
        domain=domain,
        warnings=(*warnings, *lost),
        limits=tuple(limits_of(config, labels, split, findings.completed)),
        recipe=config.recipe + (f" with {config.overrides}" if config.overrides else ""),
        seed=config.seed,
        versions=versions(),
    )


@dataclass(slots=True)
class _Judged:
    """What a model showed on its test part, and on what it learned from."""

    metrics: list[Metric] = field(default_factory=list)
    checks: list[CalibrationCheck] = field(default_factory=list)
    fit: list[Fit] = field(default_factory=list)
    bins: list[ReliabilityBin] = field(default_factory=list)


def _judge(config: TrainConfig, labels: Labels, split: Split, findings: Findings) -> _Judged:
    found, calibrated, network = _Judged(), findings.calibrated, findings.network
    final = calibrated.values(network.mean)
    lower, upper = calibrated.ends(network)
    for column, facts in enumerate(labels.facts):
        rows = split.test[exact(labels.matrix, column)[split.test]]
        truth = labels.matrix.y[rows, column].astype(np.float64)
        mean = final[rows, column].astype(np.float64)
        ends = lower[rows, column], upper[rows, column]
        if facts.task == "regression":
            found.checks += check_intervals(facts, calibrated.intervals.level, truth, *ends)
            found.checks += check_widths(facts, truth, *ends, seed=config.seed)
        else:
            raw = network.mean[rows, column].astype(np.float64)
            found.checks += check_probabilities(facts, truth, raw, mean)
            found.bins += bin_probabilities(facts, truth, raw, mean)
            found.checks += check_bounds(facts, truth, *ends)
        forest = findings.baseline.mean[rows, column].astype(np.float64)
        found.metrics += compare(facts, truth, mean, forest, config.seed)
        seen = split.train[exact(labels.matrix, column)[split.train]]
        found.fit += measure_fit(facts, labels.matrix.y[seen, column], final[seen, column])
    return found


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


def _summary(labels: Labels, split: Split) -> str:
    what = "; ".join(f"{f.endpoint} of {f.name} ({f.unit})" for f in labels.facts)
    return (
        f"A model that predicts {what} from structure, trained on "
        f"{len(split.train)} measured compounds."
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
