"""Many choices of reagents at once: all of a small space, or a random part of a large one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from hitsieve.campaign.reagents.space import Choice, SynthonSpace

    Choices = NDArray[np.int64]
    """(n, 1 + roles): a reaction and places of reagents; -1 beyond the roles of a reaction."""

COUNTED: Final = 1_000_000
"""Choices up to which a space is counted one by one."""
_SAMPLED: Final = 200_000


def as_choice(row: Choices) -> Choice:
    """Return one row (1 + roles,) as a choice."""
    return tuple(int(place) for place in row if place >= 0)


def as_choices(found: list[Choice] | list[list[int]], space: SynthonSpace) -> Choices:
    """Return choices as one array."""
    width = 1 + _roles(space)
    rows = [[*one, *[-1] * (width - len(one))] for one in found]
    return np.array(rows, dtype=np.int64).reshape(-1, width)


def without(space: SynthonSpace, found: Choices, taken: Collection[Choice]) -> Choices:
    """Return the choices that are in no given set, in their order."""
    keys = _keys(space, as_choices([list(one) for one in taken], space))
    left: Choices = found[~np.isin(_keys(space, found), keys)]
    return left


def every(space: SynthonSpace) -> Choices:
    """Return all choices of reagents that can be had and whose products lie within bounds."""
    return np.concatenate([_inside(space, _grid(space, block)) for block in range(_blocks(space))])


def draw(space: SynthonSpace, n: int, rng: np.random.Generator) -> Choices:
    """Draw ``n`` choices, each of the space as likely as any other, whether it can be made or not.

    Reactions are drawn in proportion to their choices.
    """
    weights = np.array([float(plan.combinations) for plan in space.plans])
    block = rng.choice(len(weights), size=n, p=weights / weights.sum())
    sizes = np.array([_padded(space, number, 0) for number in range(len(weights))])[block]
    places = np.floor(rng.random(sizes.shape) * sizes).astype(np.int64)
    places[sizes == 0] = -1
    return np.column_stack([block, places])


def inside(space: SynthonSpace, found: Choices) -> NDArray[np.bool_]:
    """Return which choices are of reagents that can be had, with products within bounds: (n,)."""
    kept = np.zeros(len(found), bool)
    for block, available in enumerate(space.available):
        rows = np.flatnonzero(found[:, 0] == block)
        places = found[rows, 1 : 1 + len(available)]
        had = np.ones(len(rows), bool)
        for role, mask in enumerate(available):
            had &= mask[places[:, role]]
        kept[rows] = had & space.within(block, places)
    return kept


def count(space: SynthonSpace) -> int:
    """Return how many choices can be had and give a product within bounds.

    Exact up to a million choices; beyond, from the share of 200,000 random ones.
    """
    if space.combinations <= COUNTED:
        return len(every(space))
    drawn = draw(space, _SAMPLED, np.random.default_rng(0))
    return round(float(inside(space, drawn).mean()) * space.combinations)


def _keys(space: SynthonSpace, found: Choices) -> NDArray[np.uint64]:
    """Return a number for each choice, its own in any space of less than 2^64 choices."""
    widths = np.array([_padded(space, block, 0) for block in range(_blocks(space))]).max(axis=0)
    keys = found[:, 0].astype(np.uint64)
    for column, width in enumerate(widths, 1):
        # A role that a reaction does not have is -1, so there is one more than reagents.
        keys = keys * np.uint64(width + 1) + (found[:, column] + 1).astype(np.uint64)
    return keys


def _grid(space: SynthonSpace, block: int) -> Choices:
    sizes = space.sizes(block)
    places = np.indices(sizes).reshape(len(sizes), -1).T
    missing = _roles(space) - len(sizes)
    return np.pad(np.insert(places, 0, block, axis=1), ((0, 0), (0, missing)), constant_values=-1)


def _inside(space: SynthonSpace, found: Choices) -> Choices:
    return found[inside(space, found)]


def _padded(space: SynthonSpace, block: int, fill: int) -> list[int]:
    sizes = space.sizes(block)
    return [*sizes, *[fill] * (_roles(space) - len(sizes))]


def _roles(space: SynthonSpace) -> int:
    return max(len(plan.entries) for plan in space.plans)


def _blocks(space: SynthonSpace) -> int:
    return len(space.plans)
