"""Dividing the compounds, and refusing parts that nothing can be learned or judged from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

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
from hitsieve.assays.twins import drop_twins, keep_together, twin_groups
from hitsieve.chem.scaffolds import murcko_scaffold
from hitsieve.errors import DatasetError
from hitsieve.modeling.labels import exact
from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from hitsieve.assays.matrix import LabelMatrix
    from hitsieve.modeling.config import Recipe, SplitConfig
    from hitsieve.modeling.frozen import FrozenSet
    from hitsieve.modeling.labels import Labels

FIXED: Final = ("column", "time")
"""Kinds of split whose compounds cannot change their parts."""
_FEWEST: Final = 5
_BOUNDS: Final = "bounds are learned from, but neither intervals nor metrics can be fitted to them"


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
        split = column_split(matrix.parts, valid_fraction=config.valid_fraction, seed=chosen)
    elif config.kind == "time":
        split = time_split(_times(matrix), config.fractions)
    elif config.kind == "scaffold":
        split = _scaffold(matrix, config, chosen)
    elif config.kind == "random":
        split = random_split(len(matrix), config.fractions, seed=chosen)
    else:
        split = cluster_split(morgan, config.fractions, seed=chosen)
    return settle_twins(matrix, split, config)


def settle_twins(matrix: LabelMatrix, split: Split, config: SplitConfig) -> Split:
    """Do with twins in several parts what is asked.

    Parameters
    ----------
    matrix
        n compounds.
    split
        Their parts. A split by time or by column is not changed to keep twins together: it would
        be no such split any more.
    config
        What is asked.
    """
    if config.twins == "apart" or (config.twins == "together" and config.kind in FIXED):
        return split
    groups = twin_groups(matrix.compound_ids, matrix.smiles)
    return drop_twins(split, groups) if config.twins == "drop" else keep_together(split, groups)


def twin_cure(config: SplitConfig) -> str:
    """Return what to ask for where twins stand in several parts of a split."""
    if config.twins == "apart" and config.kind not in FIXED:
        return "let the split keep twins together (--twins together, or split: {twins: together})"
    return (
        "let the later part of train, validation and test do without them (--twins drop, or "
        "split: {twins: drop})"
    )


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


def keeps_validation(labels: Labels, split: Split, recipe: Recipe) -> bool:
    """Tell whether a training keeps its validation part from the model.

    As the recipe asks, but always for networks alone, whose spread is that of several and left-out
    compounds have one, and where that part says more of the test part than left-out compounds can:
    in a split by time, and where the set came with one.
    """
    if recipe.calibrate == "validation" or not recipe.blend.members:
        return True
    given = split.method == "column" and "valid" in labels.matrix.parts
    return split.method == "time" or given


def learned_parts(labels: Labels, split: Split, recipe: Recipe) -> Split:
    """Return the parts that a training works with; without validation part if it keeps none.

    Raises
    ------
    DatasetError
        If a part has too little to learn from or to judge by.
    """
    kept = keeps_validation(labels, split, recipe)
    if not kept:
        both = np.sort(np.concatenate([split.train, split.valid]))
        split = replace(split, train=both, valid=split.valid[:0])
    check_parts(labels, split, validation=kept)
    return split


def check_parts(labels: Labels, split: Split, *, validation: bool = True) -> None:
    """Refuse a split that leaves a target without enough in one of the parts that are needed.

    Neither an interval fitted to fewer than five compounds nor a metric on them says anything.

    Parameters
    ----------
    labels, split
        n compounds and their parts.
    validation
        Whether a validation part is needed.

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
        needed = {"validation": split.valid} if validation else {}
        for name, part in (needed | {"test": split.test}).items():
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


def describe(
    labels: Labels, split: Split, config: SplitConfig, frozen: FrozenSet | None = None
) -> str:
    """Tell for the card how compounds were divided, and what that is not.

    Parameters
    ----------
    labels
        n compounds.
    split
        Their parts, as used.
    config
        How they were to be divided.
    frozen
        The frozen test set of the model, which was held out; None if there is none.
    """
    kinds = {
        "scaffold": "by Bemis-Murcko scaffold",
        "cluster": "by clusters of similar compounds",
        "random": "at random: the test part is like the training part, and real use is harder",
        "column": "as given by the data set",
        "time": "by time: the oldest were trained on, the newest are the test part",
    }
    sizes = ", ".join(f"{len(part)} {name}" for name, part in split.parts.items() if len(part))
    how = kinds[config.kind]
    if config.kind == "scaffold":
        how += f": {_shared_scaffolds(labels, split, config, frozen)}"
    told = [f"Compounds were divided {how} ({sizes})."]
    if len(split.left_out):
        told.append(
            f"{len(split.left_out)} compounds were left out: each is a stereoisomer or tautomer of "
            "one in an earlier part of train, validation and test."
        )
    if frozen is not None:
        held = frozen.holds(*_names(labels, split.test))
        told.append(
            f"{int(held.sum())} compounds of the test part are those of the model's frozen test "
            "set, or forms of them: wherever the split had put them, none was learned from."
        )
    return " ".join(told)


def _shared_scaffolds(
    labels: Labels, split: Split, config: SplitConfig, frozen: FrozenSet | None
) -> str:
    """Count the test compounds whose scaffold was trained on: what moves twins moves them too."""
    learned = {murcko_scaffold(text) for text in _names(labels, split.train)[1]}
    shared = sum(murcko_scaffold(text) in learned for text in _names(labels, split.test)[1])
    if not shared:
        return "no scaffold of the test part was trained on"
    reasons = ["forms of a compound stay in one part"] if config.twins == "together" else []
    if frozen is not None:
        reasons.append("the frozen test set of the model is held out")
    why = f", as {' and '.join(reasons)}" if reasons else ""
    return f"{shared} of {len(split.test)} test compounds have a scaffold that was trained on{why}"


def _names(labels: Labels, rows: np.ndarray) -> tuple[list[str], list[str]]:
    ids, smiles = labels.matrix.compound_ids, labels.matrix.smiles
    return [ids[row] for row in rows], [smiles[row] for row in rows]
