"""A make-on-demand space: products made one by one from places of reagents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hitsieve.chem.reactions import Reactor
from hitsieve.chem.standardize import Standardizer
from hitsieve.errors import InputError
from hitsieve.library.enumerate import plan_enumeration
from hitsieve.provenance import fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.library.enumerate import EnumerationConfig, ReactionPlan

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

    Raises
    ------
    HitsieveError
        What :func:`hitsieve.library.enumerate.plan_enumeration` refuses.
    InputError
        If a role has no reagent that fits.
    """

    def __init__(self, config: EnumerationConfig) -> None:
        self.plans: list[ReactionPlan] = plan_enumeration(config)
        for plan in self.plans:
            for role, entries in zip(plan.reaction.roles, plan.entries, strict=True):
                if not entries:
                    raise InputError(
                        f"reaction {plan.reaction.name!r}: no reagent fits role {role.name!r}",
                        cure="`hitsieve library enumerate --dry-run` lists why each was refused",
                    )
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

    def make(self, choice: Choice) -> Made | None:
        """Return a product; None if it lies out of bounds or is no compound to be kept."""
        number, places = choice[0], choice[1:]
        plan = self.plans[number]
        bounds = plan.reaction.product
        heavy, mass = sum(
            role[place] for role, place in zip(self._sums[number], places, strict=True)
        )
        if not bounds.min_heavy_atoms <= heavy <= bounds.max_heavy_atoms:
            return None
        if not bounds.min_mw <= mass <= bounds.max_mw:
            return None
        chosen = [role[place] for role, place in zip(plan.entries, places, strict=True)]
        text = self._reactors[number].product([entry.site for entry in chosen])
        found = None if text is None else self._standardize(text)
        if found is None or found.compound_id is None or found.parent_smiles is None:
            return None
        labels = ".".join(entry.label for entry in chosen)
        return Made(found.compound_id, found.parent_smiles, f"{plan.reaction.name}:{labels}")

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
