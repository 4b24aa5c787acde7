"""Dividing the compounds, and refusing parts that nothing can be learned or judged from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hitsieve.assays.splits import (
    Split,
    cluster_split,
    column_split,
    random_split,
    scaffold_split,
    time_split,
)
from hitsieve.assays.targets import unlearnable
from hitsieve.assays.twins import keep_together, twin_groups
from hitsieve.errors import DatasetError
from hitsieve.modeling.labels import exact
from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from hitsieve.assays.matrix import LabelMatrix
    from hitsieve.modeling.config import SplitConfig
    from hitsieve.modeling.labels import Labels

_FEWEST = 5
_LARGER = "choose a random split, larger fractions, or add measurements"


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
        known = exact(labels.matrix, column)
        train = split.train[known[split.train]]
        reason = unlearnable(labels.matrix.y[train, column].astype(float), facts.task)
        if reason:
            raise DatasetError(
                f"target {facts.name!r}, training part of the {split.method} split: {reason}",
                cure=_LARGER,
            )
        for name, part in (("validation", split.valid), ("test", split.test)):
            found = int(known[part].sum())
            if found < _FEWEST:
                raise DatasetError(
                    f"target {facts.name!r} has {found} measured compounds in the {name} part "
                    f"of the {split.method} split; at least {_FEWEST} are needed",
                    cure=_LARGER,
                )


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
