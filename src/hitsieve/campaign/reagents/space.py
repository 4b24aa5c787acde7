"""A make-on-demand space: products made one by one from places of reagents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hitsieve.campaign.offers import Offer
from hitsieve.campaign.reagents.prices import reagent_offers
from hitsieve.chem.reactions import Reactor
from hitsieve.chem.standardize import Standardizer
from hitsieve.errors import InputError
from hitsieve.library.enumerate import plan_enumeration
from hitsieve.provenance import fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hitsieve.campaign.config import BudgetConfig
    from hitsieve.library.enumerate import EnumerationConfig, ReactionPlan
    from hitsieve.library.roles import Entry

Choice = tuple[int, ...]
"""The number of a reaction, then the place of one reagent of each of its roles."""


@dataclass(frozen=True, slots=True)
class Made:
    """A product that can be measured.

    Parameters
    ----------
    compound_id, smiles
        Structure key and standardized SMILES.
    name
        ``reaction:reagent.reagent``, as an enumeration of the space calls it.
    """

    compound_id: str
    smiles: str
    name: str


class SynthonSpace:
    """Reactions with all reagents that fit; products are made when they are asked for.

    Parameters
    ----------
    config
        Reactions, reagents, selectivity and bounds.
    budget
        Names the columns of the reagents' files that hold prices and lead times, and limits. A
        reagent that cannot be had keeps its place, and is in no product.

    Raises
    ------
    HitsieveError
        What :func:`hitsieve.library.enumerate.plan_enumeration` refuses.
    InputError
        If a role has no reagent that fits and can be had.
    """

    def __init__(self, config: EnumerationConfig, budget: BudgetConfig) -> None:
        self.plans: list[ReactionPlan] = plan_enumeration(config)
        offers = [
            [reagent_offers(entries, budget) for entries in plan.entries] for plan in self.plans
        ]
        self.available: list[list[NDArray[np.bool_]]] = [
            [np.array([offer is not None for offer in role], bool) for role in plan]
            for plan in offers
        ]
        self._offers = offers
        self._refuse_empty()
        self._reactors = [Reactor(plan.reaction) for plan in self.plans]
        self._sums = [
            [np.array([(entry.heavy, entry.mass) for entry in role]) for role in plan.entries]
            for plan in self.plans
        ]
        self._standardize = Standardizer()

    @property
    def combinations(self) -> int:
        """Choices of one site a role, over all reactions."""
        return sum(plan.combinations for plan in self.plans)

    def sizes(self, reaction: int) -> tuple[int, ...]:
        """Return the number of reagents of each role."""
        return tuple(len(role) for role in self.plans[reaction].entries)

    def reagents(self, reaction: int, role: int) -> Sequence[str]:
        """Return the SMILES of the reagents of a role."""
        return [entry.site.smiles for entry in self.plans[reaction].entries[role]]

    def chosen(self, choice: Choice) -> list[Entry]:
        """Return the reagents of a product, in the order of the roles."""
        entries = self.plans[choice[0]].entries
        return [role[place] for role, place in zip(entries, choice[1:], strict=True)]

    def can_be_had(self, choice: Choice) -> bool:
        """Whether every reagent of a product is offered, in time and at a price."""
        roles = self.available[choice[0]]
        return all(role[place] for role, place in zip(roles, choice[1:], strict=True))

    def offer(self, choice: Choice) -> Offer:
        """Return the offer of a product: what its reagents cost together, when the last is there.

        A price or time that no reagent's file says is None, and one that some do not say is 0.
        """
        roles = self._offers[choice[0]]
        found = [role[place] for role, place in zip(roles, choice[1:], strict=True)]
        prices = [one.price for one in found if one is not None and one.price is not None]
        days = [one.days for one in found if one is not None and one.days is not None]
        return Offer(sum(prices) if prices else None, max(days) if days else None)

    def within(self, reaction: int, places: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which products, int64 (n, roles), lie within the bounds: bool (n,)."""
        bounds = self.plans[reaction].reaction.product
        sums = [
            role[places[:, number]] for number, role in enumerate(self._sums[reaction])
        ]  # each float64 (n, 2)
        heavy, mass = np.sum(sums, axis=0).T
        inside = (heavy >= bounds.min_heavy_atoms) & (heavy <= bounds.max_heavy_atoms)
        found: NDArray[np.bool_] = inside & (mass >= bounds.min_mw) & (mass <= bounds.max_mw)
        return found

    def make(self, choice: Choice) -> Made | None:
        """Return a product; None if it lies out of bounds or is no compound to be kept."""
        number, places = choice[0], np.array([choice[1:]], dtype=np.int64)
        if not self.within(number, places)[0]:
            return None
        entries = self.chosen(choice)
        text = self._reactors[number].product([entry.site for entry in entries])
        found = None if text is None else self._standardize(text)
        if found is None or found.compound_id is None or found.parent_smiles is None:
            return None
        labels = ".".join(entry.label for entry in entries)
        name = f"{self.plans[number].reaction.name}:{labels}"
        return Made(found.compound_id, found.parent_smiles, name)

    def describe(self) -> dict[str, Any]:
        """Return what decides which products there are."""
        return {
            "standardizer": self._standardize.fingerprint,
            "reactions": {
                plan.reaction.name: {
                    "reaction": plan.reaction.model_dump(mode="json"),
                    "reagents": fingerprint(
                        [[(entry.label, entry.site.smiles) for entry in r] for r in plan.entries]
                    ),
                }
                for plan in self.plans
            },
        }

    def _refuse_empty(self) -> None:
        for plan, available in zip(self.plans, self.available, strict=True):
            for role, entries, had in zip(
                plan.reaction.roles, plan.entries, available, strict=True
            ):
                where = f"reaction {plan.reaction.name!r}: no reagent"
                if not entries:
                    raise InputError(
                        f"{where} fits role {role.name!r}",
                        cure="`hitsieve library enumerate --dry-run` lists why each was refused",
                    )
                if not had.any():
                    raise InputError(
                        f"{where} of role {role.name!r} is offered at a price and in time",
                        cure="check the columns of its file that `budget` names, or its limits",
                    )
