"""The best products of a space under one set of effects, without enumerating it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from hitsieve.campaign.reagents.effects import Tables

    Allowed = Sequence[NDArray[np.bool_]]

_CONTEXT: Final = 20


def best_choices(
    tables: Tables, allowed: Allowed, shortlist: int, most: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return good products, best first.

    Each role is cut to the reagents that promise most: what one adds by itself, and with the
    best partner of each other role. All products of the reagents left are compared; that is
    exact where no role has more than ``shortlist`` allowed reagents.

    Parameters
    ----------
    tables
        What reagents and pairs add.
    allowed
        For each role, bool (n_r,): reagents that may be in a product.
    shortlist
        Reagents kept of each role.
    most
        Products to return at most.

    Returns
    -------
    int64 (k, roles), float64 (k,)
        Places of the reagents, and the values of the products. Ties go to the first reagents.
    """
    if not all(mask.any() for mask in allowed):
        return np.empty((0, len(allowed)), np.int64), np.empty(0)
    kept = [
        np.sort(_promising(tables, allowed, role, shortlist)) for role in range(len(tables.single))
    ]
    total = np.zeros([len(part) for part in kept])
    for role, part in enumerate(kept):
        total += _along(tables.single[role][part], (role,), len(kept))
    for r, s in itertools.combinations(range(len(kept)), 2):
        total += _along(tables.pair(r, s, kept[r], kept[s]), (r, s), len(kept))
    flat = total.reshape(-1)
    order = np.arange(len(flat))
    if len(flat) > most:
        order = np.sort(np.argpartition(-flat, most)[:most])
    order = order[np.argsort(-flat[order], kind="stable")]
    places = np.unravel_index(order, total.shape)
    choices = np.stack([part[index] for part, index in zip(kept, places, strict=True)], axis=1)
    return choices, flat[order]


def spread_choices(
    allowed: Allowed, times: int, rng: np.random.Generator
) -> Iterator[tuple[int, ...]]:
    """Yield products that hold each allowed reagent ``times`` times or once more.

    Each role is shuffled anew again and again until the longest has been through; never ends,
    so that a caller may pass over products that cannot be made.
    """
    roles = [np.flatnonzero(mask) for mask in allowed]
    longest = max(len(role) for role in roles)
    while True:
        columns = []
        for role in roles:
            rounds = -(-times * longest // len(role))
            columns.append(
                np.concatenate([role[rng.permutation(len(role))] for _ in range(rounds)])
            )
        for row in range(times * longest):
            yield tuple(int(column[row]) for column in columns)


def _promising(tables: Tables, allowed: Allowed, role: int, shortlist: int) -> NDArray[np.int64]:
    everyone = np.flatnonzero(allowed[role])
    if len(everyone) <= shortlist:
        return everyone
    promise = tables.single[role][everyone]
    for other, partner in enumerate(tables.single):
        if other != role:
            others = np.flatnonzero(allowed[other])
            best = others[np.argsort(-partner[others], kind="stable")[:_CONTEXT]]
            promise += (partner[best] + tables.pair(role, other, everyone, best)).max(axis=1)
    return everyone[np.argsort(-promise, kind="stable")[:shortlist]]


def _along(
    values: NDArray[np.float64], axes: tuple[int, ...], dimensions: int
) -> NDArray[np.float64]:
    shape = [1] * dimensions
    for axis, length in zip(axes, values.shape, strict=True):
        shape[axis] = length
    return values.reshape(shape)
