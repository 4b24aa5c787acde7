"""Which compounds belong together when some are left out of the training part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from hitsieve.assays.twins import twin_groups
from hitsieve.chem.clusters import similarity_clusters
from hitsieve.chem.scaffolds import murcko_scaffold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hitsieve.assays.splits import Split
    from hitsieve.modeling.config import SplitConfig
    from hitsieve.scoring.batch import CompoundBatch

_KEEP_TWINS = ("scaffold", "random", "cluster")
LeaveOut = Literal["as_divided", "scaffold", "cluster", "random"]


def left_out_together(
    config: SplitConfig, leave_out: LeaveOut, split: Split, train: CompoundBatch
) -> NDArray[np.int64] | None:
    """Return the family of each compound of the training part of a split, as :func:`families`.

    Without a validation part left-out compounds calibrate, and must be as new to those that speak
    of them as the test part is to the model: twins that are divided together stay together.
    """
    smiles, twins = train.smiles.to_pylist(), None
    if not len(split.valid) and config.twins == "together" and split.method in _KEEP_TWINS:
        twins = twin_groups(train.compound_ids.to_pylist(), smiles)
    return families(leave_out, split.method, smiles, train.morgan, twins)


def families(
    leave_out: LeaveOut,
    divided: str,
    smiles: Sequence[str],
    morgan: NDArray[np.uint8],
    twins: NDArray[np.int64] | None = None,
) -> NDArray[np.int64] | None:
    """Return the family of each compound of a training part.

    What a model says of compounds that were left out at random tells how it does on compounds like
    those it learned from. Where the test part holds new scaffolds, as real use does, weights and
    probabilities that rest on it are too sure; left-out families tell how it does on new ones.

    Parameters
    ----------
    leave_out
        As the recipe asks.
    divided
        How the compounds were divided into parts: the split's method.
    smiles
        (n,) standardized SMILES of the training part.
    morgan
        uint8 (n, 256): their packed fingerprints.
    twins
        int64 (n,): a number that stereoisomers and tautomers have in common, where they are left
        out together as they are divided together. A compound whose twin teaches is not new.

    Returns
    -------
    int64 (n,), or None where each compound is left out alone.
    """
    kind = divided if leave_out == "as_divided" else leave_out
    found = None
    if kind == "scaffold":
        names = [murcko_scaffold(text) for text in smiles]
        found = np.unique(names, return_inverse=True)[1].astype(np.int64)
    elif kind == "cluster":
        found = similarity_clusters(morgan)
    if twins is None or len(np.unique(twins)) == len(twins):
        return found
    return twins if found is None else _joined(found, twins)


def _joined(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the finest families that tear neither kind of group apart."""
    a, b = (np.unique(groups, return_inverse=True)[1] for groups in (first, second))
    # an edge from each group of the one kind to the groups of the other that it meets
    size = int(a.max()) + int(b.max()) + 2
    edges = coo_array((np.ones(len(a)), (a, b + a.max() + 1)), shape=(size, size))
    family: NDArray[np.int64] = connected_components(edges, directed=False)[1][a].astype(np.int64)
    return family
