"""Keeping the picks of a round from being all alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.acquisition.batch import cap_clusters, determinantal, likeness, spread_out
from hitsieve.chem.clusters import sphere_exclusion
from hitsieve.graphs.buffers import join_fixed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from hitsieve.campaign.config import DiversityConfig
    from hitsieve.library import Library

    Indices = NDArray[np.int64]

_MORGAN_BYTES: Final = 256


def spaced(
    how: DiversityConfig,
    library: Library,
    ids: Sequence[str],
    n: int,
    accept: Callable[[int], bool],
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

    Returns
    -------
    int64 (k,), their places.
    """
    if how.how == "none" or len(ids) <= n:
        return cap_clusters(np.arange(len(ids)), n, 1, accept)
    morgan = fingerprints(library, ids)
    if how.how == "clusters":
        clusters = sphere_exclusion(morgan, similarity=how.similarity)
        return cap_clusters(clusters, n, how.cap, accept)
    choose = spread_out if how.how == "maxmin" else determinantal
    worth = np.arange(len(ids), 0, -1)  # only its order counts
    return choose(worth, likeness(morgan), n, how.weight, accept)


def fingerprints(library: Library, ids: Sequence[str]) -> NDArray[np.uint8]:
    """Return the packed Morgan fingerprints of compounds, uint8 (n, 256), in the order asked."""
    table = library.lookup(ids, ["compound_id", "morgan"])
    morgan = join_fixed(table.column("morgan"), _MORGAN_BYTES, "library, morgan")
    place = {name: row for row, name in enumerate(table.column("compound_id").to_pylist())}
    return morgan[np.array([place[name] for name in ids], dtype=np.int64)]
