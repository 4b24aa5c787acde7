"""Fitting reagents to the roles of a reaction, and measuring what each brings into a product."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from hitsieve.chem.reactions import Reactor, Site, size_of
from hitsieve.errors import InputError
from hitsieve.library.reagents import Reagent, read_reagents

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from hitsieve.chem.schemes import Reaction


@dataclass(frozen=True, slots=True)
class RefusedReagent:
    """A reagent that takes no part, and why."""

    reaction: str
    role: str
    reagent_id: str
    smiles: str
    source: str
    message: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A site of a reagent, with the heavy atoms and mass (g/mol) it adds to a product.

    ``reagent`` is what its file says of it: identifier, and columns such as prices.
    """

    label: str
    site: Site
    heavy: int
    mass: float
    reagent: Reagent


def fit_roles(
    reaction: Reaction, files: Sequence[Sequence[Path]]
) -> tuple[tuple[tuple[Entry, ...], ...], tuple[RefusedReagent, ...]]:
    """Check the reagents of every role.

    Parameters
    ----------
    reaction
        The reaction.
    files
        Reagent files for each role.

    Returns
    -------
    entries
        For each role, the sites of its reagents in the order of the files.
    refused
        Reagents that take no part.

    Raises
    ------
    InputError
        If no choice of the first reagents gives exactly one product, or a file is damaged.
    """
    reactor = Reactor(reaction)
    refused: list[RefusedReagent] = []
    fitting = [
        _fitting(reactor, i, itertools.chain.from_iterable(map(read_reagents, group)), refused)
        for i, group in enumerate(files)
    ]
    entries = _measured(reactor, fitting, refused)
    return entries, tuple(refused)


_Labeled = tuple[str, Reagent, Site]


def _fitting(
    reactor: Reactor, index: int, reagents: Iterator[Reagent], refused: list[RefusedReagent]
) -> list[_Labeled]:
    role = reactor.reaction.roles[index].name
    seen: dict[str, str] = {}
    found: list[_Labeled] = []
    for reagent in reagents:
        if reagent.reagent_id in seen:
            message = f"its id stands already at {seen[reagent.reagent_id]}"
            refused.append(_refusal(reactor.reaction.name, role, reagent, message))
            continue
        seen[reagent.reagent_id] = reagent.source
        check = reactor.check(index, reagent.smiles)
        if check.message:
            refused.append(_refusal(reactor.reaction.name, role, reagent, check.message))
        found += [(_label(reagent, site), reagent, site) for site in check.sites]
    return found


def _measured(
    reactor: Reactor, roles: list[list[_Labeled]], refused: list[RefusedReagent]
) -> tuple[tuple[Entry, ...], ...]:
    """Measure what each site adds to a product, against one choice of partners."""
    if not all(roles):
        return tuple(() for _ in roles)
    base = reactor.base([[site for _, _, site in role] for role in roles])
    if base is None:
        raise InputError(
            f"reaction {reactor.reaction.name!r}: no choice of the first reagents of each role "
            "gives exactly one product",
            cure="check the reaction SMARTS and the roles against the reagents",
        )
    base_heavy, base_mass = size_of(reactor.products(base)[0])
    measured = []
    for index, role in enumerate(roles):
        entries = []
        for label, reagent, site in role:
            found = reactor.products([*base[:index], site, *base[index + 1 :]])
            if len(found) != 1:
                message = f"it gives {len(found)} distinct products at one site"
                name = reactor.reaction.roles[index].name
                refused.append(_refusal(reactor.reaction.name, name, reagent, message))
                continue
            heavy, mass = size_of(found[0])
            # The first role carries the whole base product, the others their difference to it.
            shift = (0, 0.0) if index == 0 else (base_heavy, base_mass)
            entries.append(Entry(label, site, heavy - shift[0], mass - shift[1], reagent))
        measured.append(tuple(entries))
    return tuple(measured)


def _refusal(reaction: str, role: str, reagent: Reagent, message: str) -> RefusedReagent:
    return RefusedReagent(
        reaction, role, reagent.reagent_id, reagent.smiles, reagent.source, message
    )


def _label(reagent: Reagent, site: Site) -> str:
    quoted = quote(reagent.reagent_id, safe="").replace(".", "%2E")
    return f"{quoted}#{site.number}" if site.number else quoted
