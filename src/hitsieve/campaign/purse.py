"""What a round may still spend: picks are taken from ranked lists until places or money run out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.campaign.offers import Offer, cost_of, offers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from numpy.typing import NDArray

    from hitsieve.campaign.config import BudgetConfig
    from hitsieve.campaign.picks import Pick
    from hitsieve.library import Library

    Floats = NDArray[np.float64]
    Draw = Callable[[int, Collection[str]], list[Pick]]

WIDER: Final = 4
"""How many times as many are looked at, each time not enough of them could be had."""

_LEAST_PRICE: Final = 0.01


class Purse:
    """The money of one round.

    Parameters
    ----------
    library
        With vendor columns.
    budget
        What compounds cost, and what cannot be had.
    money
        What is left; None without limit.
    replicates
        Measurements of each compound.
    """

    def __init__(
        self, library: Library, budget: BudgetConfig, money: float | None, replicates: int = 1
    ) -> None:
        self._library = library
        self._budget = budget
        self._money = float("inf") if money is None else money
        self._replicates = replicates
        self._offers: dict[str, Offer | None] = {}

    @property
    def is_empty(self) -> bool:
        """Whether no compound at all can be paid any more, whatever it costs itself."""
        return self._money < self._budget.measuring * self._replicates

    @property
    def is_limited(self) -> bool:
        """Whether some compounds may cost too much, or not be had, while others can."""
        return self._budget.price is not None or self._budget.lead_time is not None

    def look_up(self, ids: Iterable[str]) -> None:
        """Read the offers of compounds."""
        fresh = [name for name in ids if name not in self._offers]
        self._offers |= offers(self._library, fresh, self._budget)

    def can_be_had(self, compound_id: str) -> bool:
        """Whether somebody sells a compound that was looked up, at whatever price."""
        return self._offers.get(compound_id) is not None

    def pay(self, pick: Pick, *, anyway: bool = False) -> Pick | None:
        """Pay a pick that was looked up, and return it with its price; None if that cannot be.

        Parameters
        ----------
        pick
            What is to be measured.
        anyway
            Whether a compound without an offer is measured, at no price of its own.
        """
        offer = self._offers.get(pick.compound_id) or (Offer(None) if anyway else None)
        if offer is None:
            return None
        cost = cost_of(offer, self._budget, self._replicates)
        if (cost or 0.0) > self._money:
            return None
        self._money -= cost or 0.0
        return replace(pick, cost=cost, price=offer.price, days=offer.days)

    def fill(self, waves: Iterable[list[Pick]], n: int) -> list[Pick]:
        """Pay up to n picks, the first of all that can be paid."""
        paid: list[Pick] = []
        if n <= 0:
            return paid
        for wave in waves:
            self.look_up(one.compound_id for one in wave)
            for one in wave:
                bought = self.pay(one)
                if bought is not None:
                    paid.append(bought)
                if len(paid) == n:
                    return paid
            if self.is_empty:
                break
        return paid

    def divisor(self, ids: list[str]) -> Floats:
        """Return what the worth of compounds is divided by: their costs to a power.

        Returns
        -------
        float64 (n,)
            A cent at least, so that what is free is not worth everything; NaN for compounds that
            cannot be had.
        """
        told = offers(self._library, ids, self._budget)
        costs = [_cost(told.get(name), self._budget, self._replicates) for name in ids]
        found: Floats = np.maximum(costs, _LEAST_PRICE) ** self._budget.weigh_price
        return found


def _cost(offer: Offer | None, budget: BudgetConfig, replicates: int) -> float:
    return float("nan") if offer is None else cost_of(offer, budget, replicates) or 0.0


def waves(first: int, draw: Draw, taken: Collection[str]) -> Iterator[list[Pick]]:
    """Draw picks, best first, and ever more of the next best as long as they are asked for.

    Parameters
    ----------
    first
        How many are drawn at first; each further time four times as many.
    draw
        Returns so many picks, none of some compounds; fewer if there are no more.
    taken
        Compounds that are not drawn.
    """
    size, seen = first, set(taken)
    while size:
        wave = draw(size, seen)
        yield wave
        if len(wave) < size:
            return
        seen |= {one.compound_id for one in wave}
        size *= WIDER
