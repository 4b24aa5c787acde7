"""Batches that do not say the same thing many times: worth against likeness.

Candidates come best first. Likeness is a matrix or packed fingerprints; nothing here is random,
and ties go to the better ranked candidate. Where picks cost something, ``accept`` is asked for
each as its turn comes: one that is refused takes no place and pushes nothing away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hitsieve.chem.fingerprints import tanimoto_matrix
from hitsieve.errors import InputError
from hitsieve.metrics.arrays import Floats, vector

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Indices = NDArray[np.int64]
    Accept = Callable[[int], bool]


def anything(place: int) -> bool:
    """Accept every candidate."""
    del place
    return True


def cap_clusters(
    clusters: NDArray[np.integer], k: int, cap: int, accept: Accept = anything
) -> Indices:
    """Take the best ``k`` candidates, at most ``cap`` of each cluster.

    If clusters run out, the best of those left over fill the batch.

    Parameters
    ----------
    clusters
        (n,) cluster of each candidate, best candidate first.
    k, cap
        How many in all, and of one cluster.
    accept
        Whether a candidate can be had, by its place; asked once each, in the order of picking.

    Examples
    --------
    >>> cap_clusters(np.array([1, 1, 1, 2]), 3, 2).tolist()
    [0, 1, 3]
    """
    taken: dict[int, int] = {}
    chosen: list[int] = []
    left: list[int] = []
    for place, cluster in enumerate(clusters.tolist()):
        if len(chosen) >= k:
            break
        if taken.get(cluster, 0) >= cap:
            left.append(place)
        elif accept(place):
            taken[cluster] = taken.get(cluster, 0) + 1
            chosen.append(place)
    for place in left:
        if len(chosen) < k and accept(place):
            chosen.append(place)
    return np.sort(np.array(chosen, dtype=np.int64))


def spread_out(
    worth: ArrayLike,
    similarity: NDArray[np.floating],
    k: int,
    weight: float,
    accept: Accept = anything,
) -> Indices:
    r"""Pick ``k`` candidates one by one by worth and distance to those picked (MaxMin).

    Each step takes the highest :math:`(1 - w)\,r + w\,d`, with :math:`r` the rank of the worth
    scaled to [0, 1] and :math:`d` one minus the similarity to the most similar pick so far.
    With weight 1 this is MaxMin picking from the best candidate on (Ashton and others,
    10.1002/qsar.200290002); with 0 the plain best.

    Parameters
    ----------
    worth
        (n,) acquisition values, highest first.
    similarity
        (n, n), from 0 to 1.
    k
        How many; fewer from fewer candidates.
    weight
        From 0 to 1.
    accept
        Whether a candidate can be had, by its place; asked once each, in the order of picking.

    Raises
    ------
    InputError
        If the weight is outside [0, 1].
    """
    values = vector(worth, "worth")
    _check_weight(weight)
    n = len(values)
    rank = np.linspace(1, 0, n) if n > 1 else np.ones(n)
    nearest = np.zeros(n)
    free = np.ones(n, bool)
    chosen: list[int] = []
    while len(chosen) < k and free.any():
        gain = (1 - weight) * rank + weight * (1 - nearest)
        best = int(np.where(free, gain, -np.inf).argmax())
        free[best] = False
        if accept(best):
            chosen.append(best)
            nearest = np.maximum(nearest, similarity[best])
    return np.array(chosen, dtype=np.int64)


def determinantal(
    worth: ArrayLike,
    similarity: NDArray[np.floating],
    k: int,
    weight: float,
    accept: Accept = anything,
) -> Indices:
    r"""Pick ``k`` candidates whose kernel has a large determinant: a greedy mode of a k-DPP.

    The kernel is :math:`q_i s_{ij} q_j` with qualities
    :math:`q_i = e^{(1 - w)\,r_i / w}` from the rank :math:`r` of the worth scaled to [0, 1]: the
    volume that the picks span, each as long as it is worth (Kulesza and Taskar,
    10.1561/2200000044; the greedy steps of Chen and others, 2018, arXiv 1709.05135).

    Parameters
    ----------
    worth, similarity, k, weight, accept
        As for :func:`spread_out`; the similarity is positive semidefinite, as Tanimoto is.

    Raises
    ------
    InputError
        If the weight is outside [0, 1].
    """
    values = vector(worth, "worth")
    _check_weight(weight)
    n = len(values)
    if weight == 0:
        return cap_clusters(np.arange(n), k, 1, accept)
    rank = np.linspace(1, 0, n) if n > 1 else np.ones(n)
    # log of the determinant: twice the log quality of each pick, and the volume they span
    quality = (1 - weight) / weight * rank
    volume = np.diag(similarity).astype(np.float64).copy()
    parts = np.zeros((min(k, n), n))
    free = np.ones(n, bool)
    chosen: list[int] = []
    while len(chosen) < k and free.any():
        gain = 2 * quality + np.log(np.maximum(volume, _SMALLEST))
        best = int(np.where(free, gain, -np.inf).argmax())
        free[best] = False
        if accept(best):
            step, root = len(chosen), np.sqrt(max(volume[best], _SMALLEST))
            parts[step] = (similarity[best] - parts[:step, best] @ parts[:step]) / root
            volume = volume - parts[step] ** 2
            chosen.append(best)
    return np.array(chosen, dtype=np.int64)


def likeness(morgan: NDArray[np.uint8]) -> Floats:
    """Return all Tanimoto similarities of n packed fingerprints, float64 (n, n), 1 with itself."""
    found = tanimoto_matrix(morgan, morgan).astype(np.float64)
    np.fill_diagonal(found, 1.0)
    return found


def likeness_of_vectors(vectors: ArrayLike) -> Floats:
    r"""Return how alike n vectors are, float64 (n, n), 1 with itself and positive semidefinite.

    :math:`e^{-d^2 / \tilde d^2}` of Euclidean distances, :math:`\tilde d^2` the median squared
    distance of two of them: 0.37 is as alike as two of them usually are.

    Parameters
    ----------
    vectors
        (n, p).
    """
    points = np.asarray(vectors, dtype=np.float64)
    square = (points**2).sum(axis=1)
    apart = np.maximum(square[:, None] + square[None, :] - 2 * points @ points.T, 0.0)
    between = apart[np.triu_indices(len(points), 1)]
    between = between[between > _SMALLEST * max(1.0, float(square.max(initial=0.0)))]
    usual = float(np.median(between)) if len(between) else 1.0
    found: Floats = np.exp(-apart / usual)
    np.fill_diagonal(found, 1.0)
    return found


def leaders(similarity: NDArray[np.floating], least: float) -> NDArray[np.int32]:
    """Cluster candidates: each joins the most similar leader before it, or becomes one.

    The same as sphere exclusion (:func:`hitsieve.chem.clusters.sphere_exclusion`) over any
    similarity.

    Parameters
    ----------
    similarity
        (n, n), best candidate first.
    least
        From which on a candidate joins a leader.

    Returns
    -------
    int32 (n,), from 1 in the order of the leaders.

    Examples
    --------
    >>> leaders(np.array([[1.0, 0.9, 0.1], [0.9, 1.0, 0.2], [0.1, 0.2, 1.0]]), 0.5).tolist()
    [1, 1, 2]
    """
    cluster = np.zeros(len(similarity), np.int32)
    leading: list[int] = []
    for place, row in enumerate(similarity):
        near = int(row[leading].argmax()) if leading else -1
        if near < 0 or row[leading[near]] < least:
            near = len(leading)
            leading.append(place)
        cluster[place] = near + 1
    return cluster


_SMALLEST = 1e-12


def _check_weight(weight: float) -> None:
    if not 0 <= weight <= 1:
        raise InputError(f"weight = {weight} is outside [0, 1]", cure="use 0.3")
