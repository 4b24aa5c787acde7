"""The picks of a round over reagents: products that no round has measured, and can be paid."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.campaign.offers import cost_of
from hitsieve.campaign.picks import CONTROL, Pick

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

    from hitsieve.campaign.config import BudgetConfig
    from hitsieve.campaign.reagents.space import Choice, Made, SynthonSpace
    from hitsieve.campaign.state import Round

FRUITLESS: Final = 20_000
"""Products in a row that cannot be taken, after which a search ends."""

Key = tuple[int, int, str]
"""A reagent: its reaction, its role, and its identifier."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a round may hold.

    Attributes
    ----------
    size
        Products in all, controls included.
    budget
        What products cost, and how much there is.
    spent
        Of the money, so far.
    replicates
        Measurements each product gets.
    cap
        Share of the picks that products of one reagent may have.
    excluded
        Structure keys and names of products that must not be picked.
    """

    size: int
    budget: BudgetConfig
    spent: float
    replicates: int
    cap: float
    excluded: Collection[str]


@dataclass(frozen=True, slots=True)
class Taken:
    """A product in the basket: what made it, what it is, and why it was picked."""

    choice: Choice
    made: Made
    pick: Pick


class Basket:
    """Collects the picks of a round.

    Parameters
    ----------
    space
        Where products come from.
    before
        All rounds before this one.
    terms
        What it may hold.

    Attributes
    ----------
    seen
        Choices that some round looked at, whatever came of it.
    new
        Those that this round was the first to look at.
    taken
        What it holds, in the order of taking.
    is_short
        Whether a product was passed over because it costs more than what is left.
    """

    def __init__(self, space: SynthonSpace, before: Sequence[Round], terms: Terms) -> None:
        self.seen: set[Choice] = {tuple(one) for r in before for one in r.surrogate["seen"]}
        self.new: list[Choice] = []
        self.taken: list[Taken] = []
        self.is_short = False
        self._space, self._terms = space, terms
        self._known = {pick.compound_id for r in before for pick in r.picks}
        self._refused: set[Choice] = set()
        money = terms.budget.money
        self._left = math.inf if money is None else money - terms.spent
        self._held: Counter[Key] = Counter()

    def __len__(self) -> int:
        return len(self.taken)

    def control(self, audit: Iterable[tuple[Choice, Made]]) -> None:
        """Take random products that are not measured yet, as far as they can be paid."""
        for choice, made in audit:
            is_wanted = len(self) < self._terms.size and made.compound_id not in self._known
            if is_wanted and self._can_pay(choice):
                self._see(choice)
                self._add(choice, made, CONTROL, None)

    def take(
        self, ranked: Iterable[tuple[float, Choice]], until: int, reason: str, *, told: bool = True
    ) -> int:
        """Take products, best first, until there are so many; return how many were taken.

        Parameters
        ----------
        ranked
            Worth and choice, best first; not read any further than is needed.
        until
            How many are to be in the basket.
        reason
            Why they are picked.
        told
            Whether the worth is kept with the pick.
        """
        before, passed = len(self), 0
        for worth, choice in ranked if len(self) < until else ():
            passed += 1
            if self._accepts(choice):
                made = self._space.make(choice)
                if made is not None and not self._is_excluded(made):
                    self._see(choice)
                    if made.compound_id not in self._known:
                        self._add(choice, made, reason, worth if told else None)
                        passed = 0
                elif made is None:
                    self._see(choice)
                else:
                    self._refused.add(choice)
            if len(self) >= until or passed > FRUITLESS:
                break
        return len(self) - before

    def allowed(self, reaction: int) -> list[NDArray[np.bool_]]:
        """Return, for each role of a reaction, bool (n_r,): reagents that may still be picked."""
        masks = self._space.available[reaction]
        if self._terms.cap >= 1:
            return masks
        found = []
        for role, (mask, entries) in enumerate(
            zip(masks, self._space.plans[reaction].entries, strict=True)
        ):
            most = self._most(reaction, role)
            full = [self._held[reaction, role, one.reagent.reagent_id] >= most for one in entries]
            found.append(mask & ~np.array(full, bool))
        return found

    def _accepts(self, choice: Choice) -> bool:
        if choice in self.seen or choice in self._refused or not self._space.can_be_had(choice):
            return False
        if self._terms.cap < 1 and any(
            self._held[key] >= self._most(*key[:2]) for key in self._keys(choice)
        ):
            return False
        return self._can_pay(choice)

    def _can_pay(self, choice: Choice) -> bool:
        enough = (self._cost(choice) or 0.0) <= self._left
        self.is_short = self.is_short or not enough
        return enough

    def _cost(self, choice: Choice) -> float | None:
        terms = self._terms
        return cost_of(self._space.offer(choice), terms.budget, terms.replicates)

    def _is_excluded(self, made: Made) -> bool:
        return made.compound_id in self._terms.excluded or made.name in self._terms.excluded

    def _see(self, choice: Choice) -> None:
        if choice not in self.seen:
            self.seen.add(choice)
            self.new.append(choice)

    def _add(self, choice: Choice, made: Made, reason: str, worth: float | None) -> None:
        offer, cost = self._space.offer(choice), self._cost(choice)
        self._left -= cost or 0.0
        self._known.add(made.compound_id)
        if reason != CONTROL:
            self._held.update(self._keys(choice))
        pick = Pick(made.compound_id, reason, worth, cost=cost, price=offer.price, days=offer.days)
        self.taken.append(Taken(choice, made, pick))

    def _keys(self, choice: Choice) -> list[Key]:
        entries = self._space.chosen(choice)
        return [(choice[0], role, one.reagent.reagent_id) for role, one in enumerate(entries)]

    def _most(self, reaction: int, role: int) -> int:
        """Return how many picks one reagent of a role may have: at least what fills a round."""
        size, available = self._terms.size, int(self._space.available[reaction][role].sum())
        return max(math.ceil(self._terms.cap * size), math.ceil(size / available))
