"""Fitting the models beside the networks: bounds completed first, each with its word on others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hitsieve.provenance import child_seed
from hitsieve.scoring.bounded import Completed, complete
from hitsieve.scoring.fit_members import MemberData, fit_members, shared_folds
from hitsieve.scoring.inputs import Inputs

if TYPE_CHECKING:
    from hitsieve.modeling.config import Recipe
    from hitsieve.modeling.labels import TargetFacts
    from hitsieve.scoring.batch import CompoundBatch
    from hitsieve.scoring.fit_members import FittedMember


@dataclass(frozen=True, slots=True)
class TrainingPart:
    """Compounds to learn from.

    Parameters
    ----------
    batch
        n compounds.
    y
        float32 (n, T): values, or classes 0 and 1; NaN where not measured.
    relation
        int8 (n, T): 0 measured, -1 an upper bound, +1 a lower bound.
    facts
        What the T targets are.
    inputs
        Fingerprints and descriptors, where networks or members read them.
    groups
        int64 (n,): compounds of one family are left out together; each alone if None.
    """

    batch: CompoundBatch
    y: np.ndarray
    relation: np.ndarray
    facts: tuple[TargetFacts, ...]
    inputs: Inputs | None
    groups: np.ndarray | None = None


def complete_labels(part: TrainingPart, recipe: Recipe, seed: int) -> Completed:
    """Give the bounds of a training part the values that are expected beyond them.

    Raises
    ------
    DatasetError
        If there are too few exact values beside the bounds.
    """
    y = part.y.astype(np.float64)
    if not (part.relation != 0).any():
        none = np.zeros(len(part.facts), np.int64)
        return Completed(y, none, none)
    inputs = part.inputs or Inputs.of(part.batch)
    data = _member_data(part, inputs, y)
    return complete(data, part.relation, recipe.blend, child_seed(seed, "blend"))


def fit_fingerprint_members(
    part: TrainingPart, recipe: Recipe, seed: int, completed: Completed | None = None
) -> dict[str, FittedMember]:
    """Fit the members beside the networks.

    Parameters
    ----------
    part, recipe, seed
        As :func:`fit_model` takes them.
    completed
        Labels with values in the place of bounds; made here if not given.

    Raises
    ------
    ValueError
        If the part has no fingerprints.
    DatasetError
        If there are too few exact values beside the bounds.
    """
    if part.inputs is None:
        raise ValueError("members of a blend read fingerprints, and the training part has none")
    labels = completed or complete_labels(part, recipe, seed)
    data = _member_data(part, part.inputs, labels.y)
    return fit_members(data, recipe.blend, child_seed(seed, "blend"))


def folds_of_blend(
    part: TrainingPart, recipe: Recipe, seed: int, completed: Completed
) -> np.ndarray | None:
    """Return the fold that all members leave a compound out with, networks too.

    int64 (n,); None where networks stand alone.
    """
    if not recipe.blend.members or part.inputs is None:
        return None
    data = _member_data(part, part.inputs, completed.y)
    place = np.empty(len(part.y), np.int64)
    for number, fold in enumerate(shared_folds(data, recipe.blend, child_seed(seed, "blend"))):
        place[fold] = number
    return place


def _member_data(part: TrainingPart, inputs: Inputs, y: np.ndarray) -> MemberData:
    return MemberData(
        inputs,
        y,
        tuple(facts.name for facts in part.facts),
        tuple(facts.task for facts in part.facts),
        part.groups,
    )
