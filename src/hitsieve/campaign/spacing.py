"""Keeping the picks of a round from being all alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.acquisition.batch import (
    cap_clusters,
    determinantal,
    leaders,
    likeness,
    likeness_of_vectors,
    spread_out,
)
from hitsieve.chem.clusters import sphere_exclusion
from hitsieve.errors import UsageError
from hitsieve.graphs.buffers import join_fixed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from hitsieve.campaign.config import DiversityConfig
    from hitsieve.library import Library

    Indices = NDArray[np.int64]
    Embed = Callable[[Sequence[str]], NDArray[np.float64]]

_MORGAN_BYTES: Final = 256


def spaced(
    how: DiversityConfig,
    library: Library,
    ids: Sequence[str],
    n: int,
    accept: Callable[[int], bool],
    embed: Embed | None = None,
) -> Indices:
    """Pick n of some candidates, by their worth and by how unlike each other they are.

    Parameters
    ----------
    how
        What counts as alike, and how much it counts.
    library
        Whose fingerprints tell.
    ids
        Candidates, best first.
    n
        How many; fewer if the candidates run out.
    accept
        Asked for each pick by its place; one that is refused takes no place.
    embed
        The surrogate's view of compounds, for ``space: embedding``.

    Returns
    -------
    int64 (k,), their places.

    Raises
    ------
    UsageError
        If the surrogate has no view of its own.
    """
    if how.how == "none" or len(ids) <= n:
        return cap_clusters(np.arange(len(ids)), n, 1, accept)
    if how.how == "clusters" and how.space == "fingerprint":
        clusters = sphere_exclusion(fingerprints(library, ids), similarity=how.similarity)
        return cap_clusters(clusters, n, how.cap, accept)
    similarity = _similarity(how, library, ids, embed)
    if how.how == "clusters":
        return cap_clusters(leaders(similarity, how.similarity), n, how.cap, accept)
    choose = spread_out if how.how == "maxmin" else determinantal
    worth = np.arange(len(ids), 0, -1)  # only its order counts
    return choose(worth, similarity, n, how.weight, accept)


def _similarity(
    how: DiversityConfig, library: Library, ids: Sequence[str], embed: Embed | None
) -> NDArray[np.float64]:
    if how.space == "fingerprint":
        return likeness(fingerprints(library, ids))
    if embed is None:
        raise UsageError(
            "the surrogate has no space of its own, `diversity.space: embedding` asks for one",
            cure="use `diversity.space: fingerprint`, or give the surrogate a method `embed`",
        )
    return likeness_of_vectors(embed(ids))


def fingerprints(library: Library, ids: Sequence[str]) -> NDArray[np.uint8]:
    """Return the packed Morgan fingerprints of compounds, uint8 (n, 256), in the order asked."""
    table = library.lookup(ids, ["compound_id", "morgan"])
    morgan = join_fixed(table.column("morgan"), _MORGAN_BYTES, "library, morgan")
    place = {name: row for row, name in enumerate(table.column("compound_id").to_pylist())}
    return morgan[np.array([place[name] for name in ids], dtype=np.int64)]
