"""Dividing the compounds, and refusing parts that nothing can be learned or judged from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hitsieve.assays.learnable import obstacle
from hitsieve.assays.splits import (
    Split,
    cluster_split,
    column_split,
    random_split,
    scaffold_split,
    time_split,
)
from hitsieve.assays.twins import keep_together, twin_groups
from hitsieve.errors import DatasetError
from hitsieve.modeling.labels import exact
from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from hitsieve.assays.matrix import LabelMatrix
    from hitsieve.modeling.config import SplitConfig
    from hitsieve.modeling.labels import Labels

_FEWEST = 5
_BOUNDS = "bounds are learned from, but neither intervals nor metrics can be fitted to them"


def divide(labels: Labels, config: SplitConfig, morgan: np.ndarray, seed: int) -> Split:
    """Divide the compounds of a label matrix.

    Parameters
    ----------
    labels
        n compounds.
    config
        How.
    morgan
        uint8 (n, 256): packed fingerprints, for the cluster split.
    seed
        Of the random kinds.

    Raises
    ------
    DatasetError
        If the data set has no split of its own but ``column`` is asked for, or no times but
        ``time`` is.
    """
    matrix, chosen = labels.matrix, child_seed(seed, "split")
    if config.kind == "column":
        return column_split(matrix.parts, valid_fraction=config.valid_fraction, seed=chosen)
    if config.kind == "time":
        return time_split(_times(matrix), config.fractions)
    if config.kind == "scaffold":
        split = _scaffold(matrix, config, chosen)
    elif config.kind == "random":
        split = random_split(len(matrix), config.fractions, seed=chosen)
    else:
        split = cluster_split(morgan, config.fractions, seed=chosen)
    if config.twins == "together":
        split = keep_together(split, twin_groups(matrix.compound_ids, matrix.smiles))
    return split


def _times(matrix: LabelMatrix) -> np.ndarray:
    known = np.zeros(len(matrix)) if matrix.times is None else np.isfinite(matrix.times)
    if matrix.times is None or not known.all():
        raise DatasetError(
            f"{int(known.sum())} of {len(matrix)} compounds have a time of measurement; a split "
            "by time needs all",
            cure="name time_column in the dataset card, or choose another kind of split",
        )
    return matrix.times


def _scaffold(matrix: LabelMatrix, config: SplitConfig, seed: int) -> Split:
    """Split by scaffold; with gaps among the labels, equal families are dealt in random order.

    The splitter deals families of equal size by their place in the table. A table of several sets
    one after the other would leave whole sets, and so whole targets, out of the test part.
    """
    if not np.isnan(matrix.y).any():
        return scaffold_split(matrix.smiles, config.fractions)
    order = np.random.default_rng(seed).permutation(len(matrix))
    found = scaffold_split([matrix.smiles[row] for row in order], config.fractions)
    train, valid, test = (order[part] for part in found.parts.values())
    return Split(train, valid, test, method=found.method)


def check_parts(labels: Labels, split: Split) -> None:
    """Refuse a split that leaves a target without enough in one of its parts.

    Neither an interval fitted to fewer than five compounds nor a metric on them says anything.

    Raises
    ------
    DatasetError
        Names the target, the part, what is there, and the cure.
    """
    for column, facts in enumerate(labels.facts):
        known, judged = ~np.isnan(labels.matrix.y[:, column]), exact(labels.matrix, column)
        train = split.train[known[split.train]]
        reason = obstacle(
            labels.matrix.y[train, column].astype(float),
            labels.matrix.relation[train, column],
            facts.task,
        )
        if reason is not None:
            raise DatasetError(
                f"target {facts.name!r}, training part of the {split.method} split: "
                f"{reason.reason}",
                cure=_larger(split, bounds=not judged[train].all()),
            )
        for name, part in (("validation", split.valid), ("test", split.test)):
            _check_size(facts.name, name, split, int(judged[part].sum()), int(known[part].sum()))


def _check_size(target: str, name: str, split: Split, judged: int, known: int) -> None:
    if judged >= _FEWEST:
        return
    bounds = known - judged
    beside = f" and {bounds} with a bound (< or >)" if bounds else ""
    raise DatasetError(
        f"target {target!r} has {judged} measured compounds{beside} in the {name} part of the "
        f"{split.method} split; at least {_FEWEST} measured ones are needed",
        cure=_larger(split, bounds=bounds > 0),
    )


def _larger(split: Split, *, bounds: bool) -> str:
    another = "" if split.method == "random" else "choose a random split, "
    why = f": {_BOUNDS}" if bounds else ""
    return f"{another}give the part a larger fraction, or add measured values{why}"


def describe(split: Split, config: SplitConfig) -> str:
    """Return one sentence for the card."""
    kinds = {
        "scaffold": "by Bemis-Murcko scaffold: no scaffold of the test part was trained on",
        "cluster": "by clusters of similar compounds",
        "random": "at random: the test part is like the training part, and real use is harder",
        "column": "as given by the data set",
        "time": "by time: the oldest were trained on, the newest are the test part",
    }
    sizes = ", ".join(f"{len(part)} {name}" for name, part in split.parts.items())
    return f"Compounds were divided {kinds[config.kind]} ({sizes})."
