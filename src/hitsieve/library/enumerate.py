"""Make-on-demand libraries: reactions run over reagent files, counted before they run.

:func:`plan_enumeration` checks every reagent against its role and measures what it brings into
a product. From that the number of products within the bounds is exact before any is made;
:func:`write_products` then streams them into a file that library ingest reads. Memory holds the
reagents only, whatever the number of products.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from hitsieve.chem.reactions import Reactor
from hitsieve.chem.schemes import ProductFilter, Reaction, Selectivity
from hitsieve.config import StrictConfig
from hitsieve.errors import ConfigError, nearest
from hitsieve.library.product_files import open_writer
from hitsieve.library.reagents import find_reagents, load_reaction, reaction_names
from hitsieve.library.roles import Entry, RefusedReagent, fit_roles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path


class EnumerationConfig(StrictConfig):
    """Which products to make.

    Parameters
    ----------
    reactions
        Names of shipped reactions or YAML files; empty for all shipped ones whose roles name
        building-block sets.
    reagents
        For a reaction's name and a role's name, the files or shipped sets to use instead.
    selectivity, product
        Used for every reaction instead of its own.
    """

    reactions: tuple[str, ...] = ()
    reagents: dict[str, dict[str, tuple[str, ...]]] = Field(default_factory=dict)
    selectivity: Selectivity | None = None
    product: ProductFilter | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """One product.

    Parameters
    ----------
    product_id
        ``reaction:reagent.reagent``, each reagent percent-quoted, ``#N`` after one whose Nth
        site reacts; a function of the reagents alone.
    smiles
        Canonical SMILES; None if RDKit cannot make a valid product.
    reaction, reagents
        The reaction's name and the reagents' labels, in the order of the roles.
    """

    product_id: str
    smiles: str | None
    reaction: str
    reagents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReactionPlan:
    """A reaction with all reagents that fit.

    Parameters
    ----------
    reaction
        The reaction, with selectivity and bounds in force.
    entries
        For each role, its sites in the order of the reagent files.
    refused
        Reagents that take no part.
    """

    reaction: Reaction
    entries: tuple[tuple[Entry, ...], ...]
    refused: tuple[RefusedReagent, ...]

    @property
    def combinations(self) -> int:
        """Choices of one site a role, before the bounds of the products."""
        return int(np.prod([len(role) for role in self.entries], dtype=object))

    def count(self) -> int:
        """Return exactly how many products lie within the bounds, without making them."""
        return sum(int(kept.sum()) for _, kept in self._kept())

    def products(self) -> Iterator[Product]:
        """Make all products within the bounds, in the order of the reagent files."""
        reactor = Reactor(self.reaction)
        last = self.entries[-1] if self.entries else ()
        for prefix, kept in self._kept():
            for index in np.flatnonzero(kept):
                chosen = (*prefix, last[index])
                labels = tuple(entry.label for entry in chosen)
                yield Product(
                    f"{self.reaction.name}:{'.'.join(labels)}",
                    reactor.product([entry.site for entry in chosen]),
                    self.reaction.name,
                    labels,
                )

    def _kept(self) -> Iterator[tuple[tuple[Entry, ...], np.ndarray]]:
        """Yield each choice of all roles but the last, with a mask over the last role."""
        if not all(self.entries):
            return
        bounds = self.reaction.product
        heavy = np.array([entry.heavy for entry in self.entries[-1]])
        mass = np.array([entry.mass for entry in self.entries[-1]])
        for prefix in itertools.product(*self.entries[:-1]):
            atoms = heavy + sum(entry.heavy for entry in prefix)
            weight = mass + sum(entry.mass for entry in prefix)
            kept = (atoms >= bounds.min_heavy_atoms) & (atoms <= bounds.max_heavy_atoms)
            yield prefix, kept & (weight >= bounds.min_mw) & (weight <= bounds.max_mw)


@dataclass(frozen=True, slots=True)
class EnumerationSummary:
    """What an enumeration wrote: products a reaction, and choices that gave no valid one."""

    path: Path
    products: dict[str, int]
    failed: int
    refused: tuple[RefusedReagent, ...]

    @property
    def total(self) -> int:
        """Products written."""
        return sum(self.products.values())


def plan_enumeration(config: EnumerationConfig) -> list[ReactionPlan]:
    """Check all reagents of all reactions; nothing is made yet.

    Raises
    ------
    NotFoundError
        If a reaction or a reagent file is absent.
    ConfigError
        If a reaction or role is named that does not exist, or a role has no reagents.
    InputError
        If no choice of reagents of a reaction gives exactly one product, or a file is damaged.
    """
    chosen = [load_reaction(name) for name in config.reactions] or _with_reagents()
    unknown = set(config.reagents) - {reaction.name for reaction in chosen}
    if unknown:
        raise ConfigError(f"reagents are given for {sorted(unknown)}, which is not enumerated")
    return [_plan(_adapted(reaction, config), config) for reaction in chosen]


def write_products(
    plans: Sequence[ReactionPlan], path: Path, *, progress: Callable[[int], None] | None = None
) -> EnumerationSummary:
    """Make all products and write them to one file, whole or not at all.

    Parameters
    ----------
    plans
        From :func:`plan_enumeration`.
    path
        ``.smi``, ``.csv`` (each also ``.gz``) or ``.parquet``; equal plans make equal bytes.
        Columns: smiles, id, and but for ``.smi`` reaction and reagents.
    progress
        Called with the number of products written since the last call.

    Raises
    ------
    InputError
        If the file's suffix is another one.
    StorageError
        If the storage refuses.
    """
    counts = {plan.reaction.name: 0 for plan in plans}
    failed = 0
    with open_writer(path) as write:
        for product in itertools.chain.from_iterable(plan.products() for plan in plans):
            if product.smiles is None:
                failed += 1
                continue
            write((product.smiles, product.product_id, product.reaction, product.reagents))
            counts[product.reaction] += 1
            if progress is not None:
                progress(1)
    refused = tuple(itertools.chain.from_iterable(plan.refused for plan in plans))
    return EnumerationSummary(path, counts, failed, refused)


def _with_reagents() -> list[Reaction]:
    shipped = [load_reaction(name) for name in reaction_names()]
    return [reaction for reaction in shipped if all(role.reagents for role in reaction.roles)]


def _adapted(reaction: Reaction, config: EnumerationConfig) -> Reaction:
    changes: dict[str, object] = {}
    if config.selectivity is not None:
        changes["selectivity"] = config.selectivity
    if config.product is not None:
        changes["product"] = config.product
    return reaction.model_copy(update=changes)


def _plan(reaction: Reaction, config: EnumerationConfig) -> ReactionPlan:
    given = config.reagents.get(reaction.name, {})
    names = [role.name for role in reaction.roles]
    for name in given:
        if name not in names:
            raise ConfigError(
                f"reaction {reaction.name!r} has no role {name!r}{nearest(name, names)}",
                cure=f"its roles are {', '.join(names)}",
            )
    files = []
    for role in reaction.roles:
        names_of_role = given.get(role.name, role.reagents)
        if not names_of_role:
            raise ConfigError(
                f"role {role.name!r} of reaction {reaction.name!r} has no reagents",
                cure=f"name a file in reagents.{reaction.name}.{role.name}",
            )
        files.append([find_reagents(name) for name in names_of_role])
    entries, refused = fit_roles(reaction, files)
    return ReactionPlan(reaction, entries, refused)
