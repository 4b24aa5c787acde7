"""The model that was champion before: whether it foretold the same compounds better."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hitsieve.chem.standardize import Standardizer
from hitsieve.errors import HitsieveError
from hitsieve.metrics.bootstrap import interval
from hitsieve.metrics.classification import brier
from hitsieve.metrics.regression import rmse
from hitsieve.monitor.advice import ENOUGH
from hitsieve.monitor.new_labels import Known
from hitsieve.registry.bundle import read_bundle
from hitsieve.scoring.batch import CompoundBatch
from hitsieve.scoring.load import load_scorer

if TYPE_CHECKING:
    from hitsieve.chem.policy import ChemPolicy
    from hitsieve.metrics.arrays import Floats
    from hitsieve.monitor.comparison import Comparison
    from hitsieve.monitor.scoreboard import Task
    from hitsieve.registry.registry import Entry, Registry


def former_is_better(
    truth: Floats, present: Floats, former: Floats, *, task: Task = "regression", seed: int = 0
) -> tuple[bool, str]:
    """Tell whether the former model predicted the same compounds better, and how sure that is.

    Parameters
    ----------
    truth, present, former
        (n,) measurements, and what the two models predict.
    task
        Values are compared by rmse, probabilities by Brier score.
    seed
        Of the bootstrap.

    Returns
    -------
    bool, str
        True if the whole 95 % interval of the difference speaks for the former model: roll back.
        With the difference in words.
    """
    name, measure = ("rmse", rmse) if task == "regression" else ("Brier score", brier)

    def difference(y: Floats, a: Floats, b: Floats) -> float:
        return measure(y, a) - measure(y, b)

    low, value, high = interval(difference, truth, present, former, seed=seed)
    text = f"{name} of the present model minus that of the former: {value:+.3g}"
    better = len(truth) >= ENOUGH and low > 0
    return better, f"{text} ({low:+.3g} to {high:+.3g}) on {len(truth)} compounds"


def against_former(
    registry: Registry,
    reference: str,
    found: Comparison,
    *,
    task: Task = "regression",
    policy: ChemPolicy | None = None,
) -> tuple[bool, str]:
    """Hold a model against the version that rolling back would bring.

    Compounds that version learned from are left out, as those of the judged one are: it would
    remember them.

    Parameters
    ----------
    registry
        Where both are.
    reference
        ``name@version`` of the judged model. Only a champion can be rolled back.
    found
        Its predictions and the measurements.
    task
        Whether values or probabilities were predicted.
    policy
        How structures are prepared.

    Returns
    -------
    bool, str
        As of :func:`former_is_better`; false if there is no former version that can be used.
    """
    try:
        entry = _former(registry, reference)
        if entry is None:
            return False, ""
        former = load_scorer(entry.folder)
    except HitsieveError:
        return False, ""  # damaged or gone: nothing to roll back to
    if found.target not in former.targets:
        return False, ""
    learned = Known.of(read_bundle(entry.folder).contents.training).learned
    standardize = Standardizer(policy)
    ids, smiles = (found.rows[name].to_pylist() for name in ("compound_id", "smiles"))
    parents = [standardize(text).parent_smiles for text in smiles]
    usable = [n for n, text in enumerate(parents) if text and ids[n] not in learned]
    if len(usable) < ENOUGH:
        return False, ""
    batch = CompoundBatch.from_smiles([parents[n] or "" for n in usable])
    column = former.targets.index(found.target)
    theirs = former.score(batch).mean[:, column].astype(np.float64)
    truth, ours = found.column("value")[usable], found.column("score")[usable]
    better, text = former_is_better(truth, ours, theirs, task=task)
    return better, f"{entry.reference} predicts them better: {text}"


def _former(registry: Registry, reference: str) -> Entry | None:
    """Return what :meth:`Registry.rollback` would make champion in place of a version."""
    name, _, version = reference.partition("@")
    history = registry.alias(name).history
    if not history or str(history[-1]) != version:
        return None
    for number in reversed(history[:-1]):
        entry = registry.find(f"{name}@{number}")
        if str(number) != version and not entry.quarantine:
            return entry
    return None
