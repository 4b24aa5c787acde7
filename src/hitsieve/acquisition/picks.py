"""Taking the best compounds by acquisition value; ties are settled the same way every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from hitsieve.errors import InputError
from hitsieve.metrics.arrays import same_length, vector
from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike


def pick(
    values: ArrayLike,
    k: int,
    *,
    ids: Sequence[str] | None = None,
    then: ArrayLike | None = None,
) -> npt.NDArray[np.int64]:
    """Return the indices of the ``k`` highest values, best first.

    Parameters
    ----------
    values
        (n,) acquisition values; compounds with NaN are never picked.
    k
        How many to pick; fewer come back if fewer have a value.
    ids
        (n,) compound ids. Ties go to the smaller id, so that the order of the pool does not
        matter; without ids to the smaller index.
    then
        (n,) second criterion, looked at before ids: higher first.

    Raises
    ------
    InputError
        If ``k`` is negative or lengths differ.

    Examples
    --------
    >>> pick([0.1, 0.9, 0.9], 2, ids=["a", "c", "b"]).tolist()
    [2, 1]
    """
    worth = vector(values, "values")
    if k < 0:
        raise InputError(f"k = {k} is negative")
    usable = np.flatnonzero(~np.isnan(worth)).astype(np.int64)
    if not len(usable):
        return usable
    keys: list[npt.NDArray[np.generic]] = [usable]
    if ids is not None:
        names = np.array(list(ids), dtype=np.str_)
        same_length(values=worth, ids=names)
        keys.append(names[usable])
    if then is not None:
        second = vector(then, "then")
        same_length(values=worth, then=second)
        keys.append(-second[usable])
    order = np.lexsort((*keys, -worth[usable]))
    chosen: npt.NDArray[np.int64] = usable[order[:k]]
    return chosen


def epsilon_mix(
    values: ArrayLike,
    k: int,
    *,
    epsilon: float,
    seed: int,
    ids: Sequence[str] | None = None,
    then: ArrayLike | None = None,
) -> npt.NDArray[np.int64]:
    """Pick the best, but a share ``epsilon`` of the picks at random from the rest.

    Parameters
    ----------
    values, k, ids, then
        As for :func:`pick`.
    epsilon
        Share of random picks, in [0, 1]; their number is rounded to the nearest.
    seed
        Of the random picks.

    Returns
    -------
    (k,) distinct indices, the best first and the random ones last.

    Raises
    ------
    InputError
        If ``epsilon`` is outside [0, 1].
    """
    if not 0.0 <= epsilon <= 1.0:
        raise InputError(f"epsilon = {epsilon} is outside [0, 1]", cure="use 0.1")
    ranked = pick(values, len(vector(values, "values")), ids=ids, then=then)
    total = min(k, len(ranked))
    explored = round(epsilon * total)
    best, rest = ranked[: total - explored], ranked[total - explored :]
    rng = np.random.default_rng(child_seed(seed, "epsilon"))
    return np.concatenate([best, rng.choice(rest, size=explored, replace=False)])
