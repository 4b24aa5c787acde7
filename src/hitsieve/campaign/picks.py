"""Compounds that were chosen, and choosing them by lot."""

from __future__ import annotations

import hashlib
import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

CONTROL = "control"
"""Reason of a pick that is measured to audit the campaign, and never learned from."""


@dataclass(frozen=True, slots=True)
class Pick:
    """A chosen compound and why.

    Parameters
    ----------
    compound_id
        Structure key.
    reason
        ``random``, ``diverse``, ``near``, ``control``, or the kind of acquisition.
    value
        Its acquisition value; None where there is none.
    predicted, std
        What the surrogate said before the measurement; None where it said nothing.
    cost
        What compound and measurements cost; None where nobody asked.
    price, days
        Of the cheapest offer; None where no vendor says.
    rank
        Its place among the picks that a surrogate or likeness to actives ranked, from 1.
    nearest, similarity, nearest_value
        The most similar of the best compounds known when it was picked, how similar it is
        (Tanimoto, Morgan fingerprints), and its measured value; None where none was known.
    """

    compound_id: str
    reason: str
    value: float | None = None
    predicted: float | None = None
    std: float | None = None
    cost: float | None = None
    price: float | None = None
    days: float | None = None
    rank: int | None = None
    nearest: str | None = None
    similarity: float | None = None
    nearest_value: float | None = None


def initial_picks(ids: Iterable[str], n: int, *, seed: int) -> list[Pick]:
    """Choose ``n`` compounds at random.

    Each compound draws a number from a hash of the seed and its id, and the lowest win: the
    choice depends neither on the order of the ids nor on how they are sharded, and memory
    holds ``n`` of them.

    Examples
    --------
    >>> ids = [f"c{i}" for i in range(100)]
    >>> initial_picks(ids, 5, seed=1) == initial_picks(reversed(ids), 5, seed=1)
    True
    """
    chosen = heapq.nsmallest(n, ((_lot(name, seed), name) for name in ids))
    return [Pick(name, "random") for _, name in chosen]


def _lot(name: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{name}".encode()).digest()
