"""Choosing a round over reagents: try every reagent, or measure what promises most."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.campaign.reagents.basket import FRUITLESS
from hitsieve.campaign.reagents.choices import as_choice
from hitsieve.campaign.reagents.search import best_choices, spread_choices

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hitsieve.campaign.reagents.basket import Basket
    from hitsieve.campaign.reagents.effects import Tables
    from hitsieve.campaign.reagents.learned import Learned
    from hitsieve.campaign.reagents.space import Choice, SynthonSpace

_COMPARED: Final = 5_000_000


def tries(space: SynthonSpace, warm_up: int) -> int:
    """Return how many products hold each reagent of each reaction so many times."""
    return sum(_tries(space, block, warm_up) for block in range(len(space.plans)))


def warm_up(
    space: SynthonSpace, basket: Basket, times: int, size: int, rng: np.random.Generator
) -> None:
    """Take products that hold each reagent equally often, as far as ``size`` of them go."""
    share = min(1.0, (size - len(basket)) / max(1, tries(space, times)))
    for block, available in enumerate(space.available):
        ranked = ((0.0, (block, *places)) for places in spread_choices(available, times, rng))
        until = len(basket) + int(share * _tries(space, block, times))
        basket.take(ranked, until, "warm-up", told=False)


class Promising:
    """Takes what promises most into a basket, looking deeper where that was all measured.

    Parameters
    ----------
    space
        All products.
    basket
        Of the round.
    shortlist
        Reagents of each role that are compared, to begin with.
    """

    def __init__(self, space: SynthonSpace, basket: Basket, shortlist: int) -> None:
        self._space, self._basket, self._shortlist = space, basket, shortlist

    def fill(self, learned: Learned, exploit: float, size: int, rng: np.random.Generator) -> None:
        """Take the expected best products, then the best of one draw after the other."""
        basket = self._basket
        first = len(basket) + round(exploit * (size - len(basket)))
        open_ended = self._take(learned.expected(), first, "expected")
        while open_ended and len(basket) < size:
            open_ended = self._take(learned.draw(rng), len(basket) + 1, "thompson")

    def _take(self, tables: Mapping[int, Tables], until: int, reason: str) -> bool:
        """Take products until there are so many; False if there are no more to be found."""
        while len(self._basket) < until:
            if self._basket.take(self._ranked(tables), until, reason):
                continue  # reagents may have had their share by now, and others come up
            if not self._look_deeper():
                return False
        return True

    def _look_deeper(self) -> bool:
        sizes = [self._space.sizes(block) for block in range(len(self._space.plans))]
        compared = [math.prod(min(size, 2 * self._shortlist) for size in one) for one in sizes]
        if self._shortlist >= max(map(max, sizes)) or max(compared) > _COMPARED:
            return False
        self._shortlist *= 2
        return True

    def _ranked(self, tables: Mapping[int, Tables]) -> Iterator[tuple[float, Choice]]:
        """Yield products of all reactions, best first."""
        most = FRUITLESS + len(self._basket.seen)
        width = 1 + max(len(plan.entries) for plan in self._space.plans)
        worth, rows = [], []
        for block, one in tables.items():
            allowed = self._basket.allowed(block)
            places, values = best_choices(one, allowed, self._shortlist, most)
            row = np.insert(places, 0, block, axis=1)
            rows.append(np.pad(row, ((0, 0), (0, width - row.shape[1])), constant_values=-1))
            worth.append(values)
        values, every = np.concatenate(worth), np.concatenate(rows)
        for place in np.argsort(-values, kind="stable"):
            yield float(values[place]), as_choice(every[place])


def _tries(space: SynthonSpace, block: int, times: int) -> int:
    return times * max(int(mask.sum()) for mask in space.available[block])
