"""Reactions over reagents: role checks, selectivity, and one product for each choice of sites.

A reaction is written as reaction SMARTS with one reactant template for each role. A reagent
that reacts at several places has several *sites*; all but one are protected when a product is
made, so a choice of one site in each role always gives exactly one product.

Atoms and mass of a product are sums over its reagents: whatever a reagent loses, it loses with
every partner. :class:`Site` keeps these contributions, so products can be counted and filtered
before any of them is made.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from hitsieve.chem.molecule import Mol, parse
from hitsieve.chem.schemes import Reaction, compile_pattern, compile_reaction
from hitsieve.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ALL: Final = 1000
_TRIES: Final = 4  # reagents of each role tried as partners while contributions are measured


@dataclass(frozen=True, slots=True)
class Site:
    """A reagent about to react at one of its places.

    Parameters
    ----------
    smiles
        Canonical SMILES of the reagent.
    number
        Which of its sites, from 1; 0 if it has only one.
    mol
        The reagent with all other sites protected.
    protected
        Whether any atom is.
    """

    smiles: str
    number: int
    mol: Mol
    protected: bool = False


@dataclass(frozen=True, slots=True)
class RoleCheck:
    """Whether a reagent fits a role: its sites, or why it has none."""

    sites: tuple[Site, ...]
    message: str = ""


class Reactor:
    """A reaction made ready to run.

    Parameters
    ----------
    reaction
        The reaction.

    Examples
    --------
    >>> from hitsieve.chem.schemes import Role
    >>> urea = Reaction(
    ...     name="urea", title="Urea", reference="-",
    ...     smarts="[N:1]=[C:2]=[O:3].[NX3;H2,H1:4]>>[N:1][C:2](=[O:3])[N:4]",
    ...     roles=(Role(name="isocyanate", smarts="N=C=O"), Role(name="amine", smarts="[NX3]")),
    ... )
    >>> reactor = Reactor(urea)
    >>> sites = [reactor.check(0, "CN=C=O").sites[0], reactor.check(1, "C1CCNC1").sites[0]]
    >>> reactor.product(sites)
    'CNC(=O)N1CCCC1'
    >>> reactor.check(1, "CO").message
    "it has no group of the role 'amine'"
    """

    def __init__(self, reaction: Reaction) -> None:
        self.reaction = reaction
        self._reaction = compile_reaction(reaction.smarts)
        self._roles = [compile_pattern(role.smarts) for role in reaction.roles]
        self._forbidden = [[compile_pattern(s) for s in role.forbid] for role in reaction.roles]

    def check(self, role: int, smiles: str) -> RoleCheck:
        """Find the sites of a reagent; never raises for a bad one, the message says why.

        Parameters
        ----------
        role
            Index of the role.
        smiles
            The reagent; of several fragments (a salt) it is refused.
        """
        mol = parse(smiles)
        if mol is None or mol.GetNumAtoms() == 0:
            return RoleCheck((), "its SMILES cannot be read")
        name = self.reaction.roles[role].name
        if "." in Chem.MolToSmiles(mol):
            return RoleCheck((), "it has several fragments: give the free reagent, not its salt")
        for smarts, pattern in zip(
            self.reaction.roles[role].forbid, self._forbidden[role], strict=True
        ):
            if mol.HasSubstructMatch(pattern):
                return RoleCheck((), f"it holds {smarts}, which the role {name!r} forbids")
        groups, others = self._groups(role, mol)
        if not groups:
            return RoleCheck((), f"it has no group of the role {name!r}")
        if len(groups) > 1 and self.reaction.selectivity == "refuse":
            return RoleCheck((), f"it has {len(groups)} groups of the role {name!r}")
        return RoleCheck(_sites(mol, groups, others))

    def product(self, sites: Sequence[Site]) -> str | None:
        """Return the canonical SMILES of the product, or None if RDKit cannot make a valid one.

        Parameters
        ----------
        sites
            One for each role, in order.
        """
        # RDKit counts matches with protected atoms against the limit before it drops them.
        limit = _ALL if any(site.protected for site in sites) else 1
        found = self._reaction.RunReactants([site.mol for site in sites], limit)
        return _finish(found[0][0]) if found else None

    def products(self, sites: Sequence[Site]) -> list[str]:
        """Return all distinct products of a choice of sites, sorted; one if it is unambiguous."""
        found = self._reaction.RunReactants([site.mol for site in sites], _ALL)
        return sorted({text for (mol, *_) in found if (text := _finish(mol)) is not None})

    def base(self, roles: Sequence[Sequence[Site]]) -> list[Site] | None:
        """Return one site for each role that react together; None if the first few do not."""
        few = [sites[:_TRIES] for sites in roles]
        for choice in itertools.product(*few):
            if len(self.products(choice)) == 1:
                return list(choice)
        return None

    def _groups(self, role: int, mol: Mol) -> tuple[list[frozenset[int]], set[int]]:
        """Return the atom sets that can react, and the atoms of all template matches."""
        template = self._reaction.GetReactantTemplate(role)
        matches = _match_sets(mol, template)
        wanted = _match_sets(mol, self._roles[role])
        groups = [m for m in matches if any(m <= w or w <= m for w in wanted)]
        return groups, set().union(*matches) if matches else set()


def size_of(smiles: str) -> tuple[int, float]:
    """Return heavy atoms and average molecular weight in g/mol of a readable SMILES.

    Raises
    ------
    InputError
        If the SMILES cannot be read.
    """
    mol = parse(smiles)
    if mol is None:
        raise InputError(f"{smiles!r} is no readable SMILES", cure="correct the structure")
    return mol.GetNumHeavyAtoms(), float(rdMolDescriptors._CalcMolWt(mol))  # noqa: SLF001 - RDKit's public name for it is Descriptors.MolWt, a slow import


def react(reaction: Reaction, reagents: Iterable[str]) -> list[str]:
    """Run a reaction on one reagent for each role.

    Parameters
    ----------
    reaction
        The reaction.
    reagents
        SMILES in the order of the roles.

    Returns
    -------
    list of str
        Canonical SMILES of all products, sorted: one, or with selectivity ``enumerate`` one for
        each choice of sites.

    Raises
    ------
    InputError
        If a reagent does not fit its role, or their number is wrong.
    """
    reactor = Reactor(reaction)
    given = list(reagents)
    if len(given) != len(reaction.roles):
        raise InputError(
            f"reaction {reaction.name!r} takes {len(reaction.roles)} reagents, not {len(given)}",
            cure="give one for each of " + ", ".join(role.name for role in reaction.roles),
        )
    checks = [reactor.check(role, smiles) for role, smiles in enumerate(given)]
    for role, smiles, check in zip(reaction.roles, given, checks, strict=True):
        if check.message:
            raise InputError(f"{smiles} as {role.name} of {reaction.name!r}: {check.message}")
    choices = itertools.product(*(check.sites for check in checks))
    return sorted({text for choice in choices for text in reactor.products(choice)})


def _match_sets(mol: Mol, pattern: Mol) -> list[frozenset[int]]:
    found = mol.GetSubstructMatches(pattern, uniquify=True, maxMatches=1000)
    return list(dict.fromkeys(frozenset(match) for match in found))


def _sites(mol: Mol, groups: list[frozenset[int]], matched: set[int]) -> tuple[Site, ...]:
    smiles = Chem.MolToSmiles(mol)
    ranks = list(Chem.CanonicalRankAtoms(mol, breakTies=False))
    distinct = {tuple(sorted(ranks[atom] for atom in group)): group for group in reversed(groups)}
    # Sites are numbered along canonical ranks, so the way a SMILES is written changes no id.
    ordered = [distinct[key] for key in sorted(distinct)]
    sites = []
    for number, group in enumerate(ordered, start=1):
        prepared = Chem.Mol(mol)
        others = matched - group
        for atom in others:
            prepared.GetAtomWithIdx(atom).SetProp("_protected", "1")
        sites.append(Site(smiles, number if len(ordered) > 1 else 0, prepared, bool(others)))
    return tuple(sites)


def _finish(mol: Mol) -> str | None:
    try:
        Chem.SanitizeMol(mol)
    except ValueError:  # RDKit's sanitization errors derive from it
        return None
    text: str = Chem.MolToSmiles(mol)
    return text
