"""Clusters of similar compounds in the order of a ranking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.chem.fingerprints import nearest_tanimoto, tanimoto_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK = 1024
_LARGE: Final = 20_000


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


def sphere_exclusion(
    morgan: NDArray[np.uint8], *, similarity: float = 0.6
) -> NDArray[np.int32]:  # fmt: skip
    """Cluster fingerprints by sphere exclusion, in memory that grows with the centers only.

    Going down the ranking, a compound joins the most similar center so far, or becomes a center
    if none has the asked similarity (leader clustering; 10.1021/ci00027a006). For sets too large
    for the neighbor lists of :func:`butina`.

    Parameters
    ----------
    morgan
        Packed fingerprints in rank order, uint8 (n, 256).
    similarity
        Tanimoto similarity from which a compound joins a center, from 0 to 1.

    Returns
    -------
    Cluster of each compound, int32 (n,), from 1 in the order of the centers.

    Raises
    ------
    ValueError
        If ``similarity`` is not within 0 and 1, or the fingerprints have another shape.
    """
    if not 0 <= similarity <= 1:
        raise ValueError(f"similarity is from 0 to 1, not {similarity}")
    cluster = np.zeros(len(morgan), np.int32)
    centers: list[int] = []
    for start in range(0, len(morgan), _BLOCK):
        block = morgan[start : start + _BLOCK]
        best, index = nearest_tanimoto(block, morgan[np.array(centers, np.int64)])
        own = tanimoto_matrix(block, block)
        fresh: list[int] = []
        for row in range(len(block)):
            # Centers of this very block were not known when it was compared.
            closest = int(own[row, fresh].argmax()) if fresh else -1
            if closest >= 0 and own[row, fresh[closest]] > best[row]:
                best[row], index[row] = own[row, fresh[closest]], len(centers) + closest
            if index[row] < 0 or best[row] < np.float32(similarity):
                index[row] = len(centers) + len(fresh)
                fresh.append(row)
            cluster[start + row] = index[row] + 1
        centers += [start + row for row in fresh]
    return cluster


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


def similarity_clusters(morgan: NDArray[np.uint8], *, similarity: float = 0.6) -> NDArray[np.int64]:
    """Return the cluster of each compound, int64 (n,).

    Clusters are Butina's, or from 20,000 compounds on those of sphere exclusion, whose memory
    does not grow with the number of neighbors.

    Parameters
    ----------
    morgan
        Packed fingerprints, uint8 (n, 256).
    similarity
        Tanimoto similarity to the center from which a compound joins a cluster.
    """
    method = butina if len(morgan) < _LARGE else sphere_exclusion
    return method(morgan, similarity=similarity).astype(np.int64)
