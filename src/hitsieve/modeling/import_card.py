"""The card of a model that was trained elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.calibration.domain import DEFAULT_THRESHOLD
from hitsieve.provenance import sha256_file, versions
from hitsieve.registry.card import ModelCard, TargetSizes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from hitsieve.modeling.labels import Labels, TargetFacts

_DOMAIN: Final = (
    f"A compound is inside if a compound of the data set named at import has Tanimoto similarity "
    f"of at least {DEFAULT_THRESHOLD:.2f} (Morgan, radius 2, 2048 bits) to it."
)
_DOMAIN_UNKNOWN: Final = (
    "The training compounds were not named at import, so no compound counts as inside the "
    "applicability domain."
)
_WARNINGS: Final = (
    "Imported: its accuracy was not measured here.",
    "No calibration data: scores have no intervals, and probabilities are raw.",
)
_LIMITS: Final = (
    (
        "A checkpoint does not say how its molecules were prepared: with explicit hydrogens, or "
        "with stereochemistry ignored, its predictions differ from those of Chemprop."
    ),
    "A score ranks compounds for measurement; it replaces no measurement.",
)


def imported_card(
    name: str, files: Sequence[Path], facts: Sequence[TargetFacts], labels: Labels | None
) -> ModelCard:
    """Write the card of an imported model: what is known, and that the rest is not.

    Parameters
    ----------
    name
        Of the model.
    files
        Its checkpoints.
    facts
        Its targets.
    labels
        What it was trained on, if that was named.
    """
    what = "; ".join(f"{f.endpoint} of {f.name} ({f.unit})" for f in facts)
    plural = "s" * (len(files) > 1)
    digests = ", ".join(sha256_file(path)[:16] for path in files)
    return ModelCard(
        name=name,
        summary=f"Imported from {len(files)} Chemprop v2 checkpoint{plural}; predicts {what}.",
        data=labels.sources if labels else (),
        targets=tuple(_sizes(facts, labels)),
        curation=labels.curation if labels else {},
        split="Not known: the checkpoints do not hold it.",
        leaks={},
        metrics=(),
        calibration=(),
        domain=_DOMAIN if labels else _DOMAIN_UNKNOWN,
        warnings=(*_WARNINGS, *(labels.doubts if labels else (_DOMAIN_UNKNOWN,))),
        limits=_LIMITS,
        recipe=f"of Chemprop, checkpoint{plural} with SHA-256 {digests}",
        seed=0,
        versions=versions(),
    )


def _sizes(facts: Sequence[TargetFacts], labels: Labels | None) -> list[TargetSizes]:
    known = (~np.isnan(labels.matrix.y)).sum(axis=0) if labels else np.zeros(len(facts), int)
    return [
        TargetSizes(
            target=f.name,
            endpoint=f.endpoint,
            unit=f.unit,
            direction=f.direction,
            task=f.task,
            train=int(count),
            valid=0,
            test=0,
        )
        for f, count in zip(facts, known, strict=True)
    ]
