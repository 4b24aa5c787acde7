"""Clusters of similar compounds in the order of a ranking."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hitsieve.chem.fingerprints import tanimoto_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK = 1024


def butina(morgan: NDArray[np.uint8], *, similarity: float = 0.6) -> NDArray[np.int32]:
    """Cluster fingerprints by Butina's method (10.1021/ci9803381).

    The compound with the most neighbors not yet taken becomes a center and takes them; of
    equal ones the better ranked. Clusters are then numbered by their best ranked member.

    Parameters
    ----------
    morgan
        Packed fingerprints in rank order, uint8 (n, 256).
    similarity
        Neighbors have at least this Tanimoto similarity, from 0 to 1.

    Returns
    -------
    Cluster of each compound, int32 (n,), from 1.

    Raises
    ------
    ValueError
        If ``similarity`` is not within 0 and 1, or the fingerprints have another shape.
    """
    if not 0 <= similarity <= 1:
        raise ValueError(f"similarity is from 0 to 1, not {similarity}")
    neighbors = _neighbors(morgan, similarity)
    center_of = _assign(neighbors)
    _, first, inverse = np.unique(center_of, return_index=True, return_inverse=True)
    number = np.empty(len(first), np.int32)
    number[np.argsort(first, kind="stable")] = np.arange(1, len(first) + 1, dtype=np.int32)
    return number[inverse]


def _neighbors(morgan: NDArray[np.uint8], similarity: float) -> list[NDArray[np.int64]]:
    found: list[NDArray[np.int64]] = []
    for start in range(0, len(morgan), _BLOCK):
        near = tanimoto_matrix(morgan[start : start + _BLOCK], morgan) >= np.float32(similarity)
        near[np.arange(len(near)), np.arange(start, start + len(near))] = True
        found += [np.flatnonzero(row) for row in near]
    return found


def _assign(neighbors: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    n = len(neighbors)
    free = np.ones(n, bool)
    count = np.array([len(near) for near in neighbors], np.int64)
    center_of = np.full(n, -1, np.int64)
    while free.any():
        center = int(np.where(free, count, -1).argmax())
        members = neighbors[center][free[neighbors[center]]]
        center_of[members] = center
        free[members] = False
        for member in members:
            count[neighbors[member]] -= 1
    return center_of
