"""What reagents add to the value of their products, as a campaign over reagents learned it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from markupsafe import Markup

from hitsieve.campaign.reagents.run import ReagentCampaign
from hitsieve.chem.depict import svg
from hitsieve.metrics.bootstrap import Interval
from hitsieve.provenance import child_seed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hitsieve.campaign.state import Round
    from hitsieve.report.source import AnyCampaign

    Floats = NDArray[np.float64]

_SHOWN: Final = 5
_DRAWS: Final = 200
_LEVEL: Final = 0.95


@dataclass(frozen=True, slots=True)
class ReagentEffect:
    """What one reagent adds, ready for the page.

    Attributes
    ----------
    name, smiles, picture
        Of the reagent.
    products
        Measured products that hold it, failures left out.
    mean
        Of their values; None where there is none.
    effect
        What it adds on average over all partners, against the average reagent of its role, in the
        endpoint's unit, with a 95 % interval.
    """

    name: str
    smiles: str
    picture: Markup
    products: int
    mean: float | None
    effect: Interval


@dataclass(frozen=True, slots=True)
class Role:
    """The reagents of one role that add most, of so many."""

    reaction: str
    name: str
    reagents: int
    best: tuple[ReagentEffect, ...]


def reagent_effects(campaign: AnyCampaign, rounds: Sequence[Round]) -> list[Role]:
    """Return the reagents that add most, by reaction and role; nothing of a library's campaign."""
    if not isinstance(campaign, ReagentCampaign):
        return []
    learned = campaign.learned(rounds)
    rng = np.random.default_rng(child_seed(campaign.config.seed, "reagent effects"))
    expected = learned.expected()
    draws = [learned.draw(rng) for _ in range(_DRAWS)]
    found = []
    for block, tables in expected.items():
        reaction = campaign.space.plans[block].reaction
        for number, role in enumerate(reaction.roles):
            drawn = np.stack([one[block].single[number] for one in draws])
            best = _best(campaign, rounds, (block, number), tables.single[number], drawn)
            size = campaign.space.sizes(block)[number]
            found.append(Role(reaction.name, role.name, size, tuple(best)))
    return found


def _best(
    campaign: ReagentCampaign,
    rounds: Sequence[Round],
    where: tuple[int, int],
    expected: Floats,
    drawn: Floats,
) -> list[ReagentEffect]:
    block, role = where
    middle = expected - expected.mean()
    low, high = np.quantile(
        drawn - drawn.mean(axis=1, keepdims=True), ((1 - _LEVEL) / 2, (1 + _LEVEL) / 2), axis=0
    )
    entries = campaign.space.plans[block].entries[role]
    products = _products(rounds, block, role, len(entries))
    found = []
    for place in np.argsort(-middle, kind="stable")[:_SHOWN]:
        ends = sorted((campaign.sign * low[place], campaign.sign * high[place]))
        values = products[int(place)]
        smiles = entries[place].site.smiles
        found.append(
            ReagentEffect(
                name=entries[place].label,
                smiles=smiles,
                picture=Markup(svg(smiles, width=130, height=90)),  # noqa: S704 - depict escapes
                products=len(values),
                mean=float(np.mean(values)) if values else None,
                effect=Interval(ends[0], campaign.sign * float(middle[place]), ends[1]),
            )
        )
    return found


def _products(rounds: Sequence[Round], block: int, role: int, n: int) -> list[list[float]]:
    """Return the measured values of the products of each reagent of a role."""
    found: list[list[float]] = [[] for _ in range(n)]
    for one in rounds:
        for choice, value in zip(one.surrogate["choices"], one.values, strict=True):
            if choice[0] == block and np.isfinite(value):
                found[choice[1 + role]].append(value)
    return found
