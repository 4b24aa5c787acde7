"""Properties of many packed graphs at once that take RDKit long one by one.

Both are sums over atoms or bonds of what simple patterns say, and equal RDKit's values to the
last bit; :func:`hitsieve.chem.descriptors.descriptors` is the reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.chem.crippen import logp_types
from hitsieve.graphs.patterns import Atoms, parse_pattern

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.graphs.packed import PackedGraphs
    from hitsieve.graphs.patterns import Mask

BATCH: Final = 1024
"""Molecules looked at together: small enough for the processor's cache."""

_HYDROGEN: Final = "[#1]"
_SINGLE_AROMATIC: Final = ""


@dataclass(frozen=True, slots=True)
class GraphProperties:
    """Properties of n compounds.

    Parameters
    ----------
    clogp
        float64 (n,): log P after Wildman and Crippen, 10.1021/ci990307l.
    rotatable_bonds
        int64 (n,): RDKit's strict count, without amides and ring bonds.
    unknown
        bool (n,): graphs with hydrogens drawn as atoms, and other rarities for which the
        patterns do not hold; their values mean nothing.
    """

    clogp: NDArray[np.float64]
    rotatable_bonds: NDArray[np.int64]
    unknown: Mask


def graph_properties(graphs: PackedGraphs) -> GraphProperties:
    """Compute the properties of all graphs."""
    rows = np.arange(len(graphs))
    parts = [
        _properties(graphs.take(rows[start : start + BATCH]))
        for start in range(0, len(graphs), BATCH)
    ]
    return GraphProperties(
        np.concatenate([np.zeros(0), *(part.clogp for part in parts)]),
        np.concatenate([np.zeros(0, np.int64), *(part.rotatable_bonds for part in parts)]),
        np.concatenate([np.zeros(0, bool), *(part.unknown for part in parts)]),
    )


def _properties(graphs: PackedGraphs) -> GraphProperties:
    atoms = Atoms.of(graphs)
    owner = np.repeat(np.arange(len(graphs)), graphs.n_atoms)
    odd = atoms.described("[#1,#0]") | atoms.described("[#8;!H0;!H1]")
    unknown = np.bincount(owner[odd], minlength=len(graphs)) > 0
    rotors = rotatable_bonds(atoms, np.repeat(graphs.bond_codes[:, 2], 2) > 0)
    return GraphProperties(
        _log_p(atoms, owner, len(graphs)),
        np.bincount(owner[atoms.source[::2]][rotors], minlength=len(graphs)),
        unknown,
    )


def _log_p(atoms: Atoms, owner: NDArray[np.int64], n: int) -> NDArray[np.float64]:
    heavy = np.zeros(len(owner))
    hydrogen = np.zeros(len(owner))
    free, bare = np.ones(len(owner), bool), atoms.hydrogens > 0
    for pattern, value in logp_types():
        root = parse_pattern(pattern)
        target, left = (hydrogen, bare) if root.atom == _HYDROGEN else (heavy, free)
        if not left.any():
            continue
        found = left & (atoms.held_by(pattern) if target is hydrogen else atoms.match(pattern))
        target[found] = value
        left &= ~found
    # In the order in which RDKit adds: the atoms, then their hydrogens.
    values = np.concatenate([heavy, np.repeat(hydrogen, atoms.hydrogens)])
    owners = np.concatenate([owner, np.repeat(owner, atoms.hydrogens)])
    return np.asarray(np.bincount(owners, weights=values, minlength=n), dtype=np.float64)


def rotatable_bonds(atoms: Atoms, ring: Mask) -> Mask:
    """Return which bonds rotate, bool (bonds,).

    A single bond outside rings rotates unless it ends in a terminal atom, at a triple bond,
    in a trihalomethyl or tert-butyl group, or is that of an amide or its like.

    Parameters
    ----------
    atoms
        The graphs.
    ring
        bool (2 * bonds,): which directed bonds are in rings.
    """
    degree = np.bincount(atoms.source, minlength=len(atoms.element))
    triple = atoms.count(atoms.order == 3) > 0  # noqa: PLR2004 - RDKit's triple bond
    stiff = triple | (degree == 1) | atoms.described("[CH3]")
    carbon = atoms.described("C")
    for end in ("F", "Cl", "Br", "[CH3]"):
        stiff |= carbon & (atoms.neighbors(_SINGLE_AROMATIC, end) >= 3)  # noqa: PLR2004 - three alike
    first = ~stiff & ~_amide_like(atoms, ring, degree)
    turning = np.isin(atoms.order, (1, 12)) & ~ring
    forward = first[atoms.source] & ~stiff[atoms.target] & turning
    both: Mask = forward[::2] | forward[1::2]
    return both


def _amide_like(atoms: Atoms, ring: Mask, degree: NDArray[np.int64]) -> Mask:
    """Return the ends of the stiff bond of amides, esters, amidinium and the like."""
    planar = atoms.described("C") & (degree == 3)  # noqa: PLR2004 - three neighbors
    single = (atoms.order == 1) & ~ring
    acyl = planar & (atoms.neighbors("=", "[N,O,S]") > 0)
    iminium = planar & (atoms.neighbors("=", "[N+]") > 0)
    bridging = degree > 1
    donor = atoms.described("[#7,O]") | (atoms.described("S") & bridging)
    amine = atoms.described("[#7]") & bridging
    found = np.zeros(len(degree), dtype=bool)
    for carbon, partner in ((acyl, donor), (iminium, amine)):
        across = single & carbon[atoms.source] & partner[atoms.target]
        found[atoms.source[across]] = True
        found[atoms.target[across]] = True
    return found
