"""Matched molecular pairs: compounds that differ in one group on the same rest."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from rdkit.Chem import rdMMPA

from hitsieve.chem.molecule import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LARGEST: Final = 12
"""Heavy atoms of a group that is exchanged, at most."""
_MOST_OF_ONE_REST: Final = 60


class Pair(NamedTuple):
    """Two compounds, by their places, and the group each has on the rest they share.

    Groups are SMILES with ``[*:1]`` where the rest begins; ``old < new`` as text.
    """

    first: int
    second: int
    old: str
    new: str


def matched_pairs(smiles: Sequence[str]) -> list[Pair]:
    """Return all pairs of compounds that differ in one group, by single cuts.

    A group has at most 12 heavy atoms and is no larger than the rest (Hussain and Rea, J. Chem.
    Inf. Model. 50 (2010) 339, with one cut of a single bond outside of rings). Two compounds that
    can be cut in several ways are one pair, by the smallest groups. Of more than 60 compounds with
    one rest the first 60 count.

    Parameters
    ----------
    smiles
        n compounds; one that cannot be read is in no pair.

    Examples
    --------
    >>> matched_pairs(["Fc1ccccc1CC#N", "Clc1ccccc1CC#N"])
    [Pair(first=1, second=0, old='Cl[*:1]', new='F[*:1]')]
    """
    rests: defaultdict[str, dict[int, tuple[str, int]]] = defaultdict(dict)
    for place, one in enumerate(smiles):
        for rest, group, size in _cuts(one):
            rests[rest].setdefault(place, (group, size))
    found: dict[tuple[int, int], tuple[int, Pair]] = {}
    for members in rests.values():
        some = itertools.islice(members.items(), _MOST_OF_ONE_REST)
        for (i, (a, n)), (j, (b, m)) in itertools.combinations(some, 2):
            if a == b:
                continue
            pair = Pair(i, j, a, b) if a < b else Pair(j, i, b, a)
            key = (min(i, j), max(i, j))
            found[key] = min(found.get(key, (n + m, pair)), (n + m, pair))
    return [pair for _, (_, pair) in sorted(found.items())]


def _cuts(smiles: str) -> Iterator[tuple[str, str, int]]:
    """Yield rest, group, and heavy atoms of the group for each cut that is allowed."""
    mol = parse(smiles)
    if mol is None:
        return
    atoms = mol.GetNumHeavyAtoms()
    for _, sides in rdMMPA.FragmentMol(mol, maxCuts=1, resultsAsMols=False):
        one, other = sides.split(".")
        for group, rest in ((one, other), (other, one)):
            part = parse(group)
            size = LARGEST + 1 if part is None else part.GetNumHeavyAtoms()
            if size <= min(LARGEST, atoms - size):
                yield rest, group, size
