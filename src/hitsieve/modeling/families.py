"""Which compounds belong together when some are left out of the training part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from hitsieve.chem.clusters import similarity_clusters
from hitsieve.chem.scaffolds import murcko_scaffold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LeaveOut = Literal["as_divided", "scaffold", "cluster", "random"]


def families(
    leave_out: LeaveOut, divided: str, smiles: Sequence[str], morgan: NDArray[np.uint8]
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

    Returns
    -------
    int64 (n,), or None where each compound is left out alone.
    """
    kind = divided if leave_out == "as_divided" else leave_out
    if kind == "scaffold":
        names = [murcko_scaffold(text) for text in smiles]
        return np.unique(names, return_inverse=True)[1].astype(np.int64)
    return similarity_clusters(morgan) if kind == "cluster" else None
