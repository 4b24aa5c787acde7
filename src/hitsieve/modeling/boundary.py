"""What a model card says of calibration and of the applicability domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hitsieve.modeling.calibrated import relative_errors

if TYPE_CHECKING:
    from hitsieve.assays.splits import Split
    from hitsieve.calibration.applicability import Applicability
    from hitsieve.calibration.domain import DomainFit
    from hitsieve.modeling.calibrated import Calibrated
    from hitsieve.modeling.labels import Labels
    from hitsieve.modeling.unseen import Views
    from hitsieve.scoring.protocol import Prediction


def describe_calibration(labels: Labels, calibrated: Calibrated) -> str:
    """Return what intervals, probabilities and domain were fitted on."""
    counts = ", ".join(
        f"{facts.name} {count}"
        for facts, count in zip(labels.facts, calibrated.intervals.count, strict=True)
        if facts.task == "regression"
    )
    told = f" Values that intervals rest on: {counts}." if counts else ""
    return f"Fitted on {calibrated.compounds} {calibrated.how}.{told}"


def describe_domain(
    labels: Labels, split: Split, calibrated: Calibrated, network: Prediction, views: Views
) -> tuple[str, list[str]]:
    """Return where a model's domain ends with how the test part fares, and warnings.

    Parameters
    ----------
    labels, split
        n compounds and their parts.
    calibrated
        Holds the domain.
    network
        Raw predictions of the n compounds.
    views
        How the domain looks at them.
    """
    rows, domain = split.test, calibrated.domain
    y = np.where(labels.matrix.relation[rows] == 0, labels.matrix.y[rows], np.nan)
    errors = relative_errors(y, calibrated.values(network.mean)[rows])
    test = views.take(rows)
    unseen = domain.seen.reasons(test.graphs) if domain.seen is not None else ()
    fit = domain.describe(test.morgan, test.vectors, errors, unseen)
    text = f"{_limits(domain)} {fit.outside:.0%} of the test part lie outside."
    if np.isfinite(fit.error_inside) and np.isfinite(fit.error_outside):
        text += f" Mean error, in standard deviations of the labels: {_errors(fit)}."
    return text, _warnings(calibrated.fit, fit)


def _limits(domain: Applicability) -> str:
    text = (
        "A compound is inside if a training compound has Tanimoto similarity of at least "
        f"{domain.fingerprint.threshold:.2f} (Morgan, radius 2, 2048 bits) to it, all its atoms "
        "and bonds have features, training compounds have atoms and bonds of all its kinds"
    )
    if domain.embedding is None:
        return f"{text}."
    return (
        f"{text}, and it lies within a distance of {domain.embedding.threshold:.2f} from them in "
        "the network's own space (they have about 1)."
    )


def _warnings(set_on: DomainFit, test: DomainFit) -> list[str]:
    """Say where the domain tells nothing of errors."""
    found = []
    for fit, what in ((set_on, "compounds its limits were set on"), (test, "test compounds")):
        if fit.tells:
            continue
        if np.isfinite(fit.error_inside) and np.isfinite(fit.error_outside):
            outside = round(fit.outside * fit.held_out)
            found.append(
                f"The domain did not tell errors apart on the {fit.held_out} {what}: "
                f"{_errors(fit)} ({outside} compounds), in standard deviations of the labels."
            )
        else:
            side = "outside" if np.isfinite(fit.error_inside) else "inside"
            found.append(
                f"Whether the domain tells errors apart is not known: none of the {fit.held_out} "
                f"{what} with exact values lies {side}."
            )
    return found


def _errors(fit: DomainFit) -> str:
    return f"{fit.error_inside:.2f} inside, {fit.error_outside:.2f} outside"
