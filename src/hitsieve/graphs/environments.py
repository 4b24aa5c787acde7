"""Equal atom environments of many molecules, found once and computed once.

A message-passing network gives equal states to equal environments: after t rounds the state of
a directed bond depends on nothing but what lies within t bonds behind it. Drug-like molecules
are made of few such environments: of the directed bonds of 5,000 vendor compounds some 1 % are
different within one bond, some 6 % within two. So the environments are numbered before any
arithmetic, and a network computes one row for each instead of one for each bond.

Environments are numbered by refinement (Weisfeiler and Leman 1968): two bonds have the same
environment of radius t if they are of the same kind and the bonds behind them have the same
environments of radius t - 1. Neighborhoods are compared by a 64-bit hash of the multiset of
their numbers; that any two of 10⁵ different ones collide has a probability near 3 in 10¹⁰.

Nothing here depends on a network's weights: one numbering serves all members of an ensemble
and all targets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from hitsieve.graphs.packed import ragged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.graphs.packed import PackedGraphs
    from hitsieve.graphs.vocabulary import Vocabulary

_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)


@dataclass(frozen=True, slots=True)
class Level:
    """The K environments of one radius, each told by one example.

    Attributes
    ----------
    rows
        int32 (K + m,): a run for each environment. First stands the kind of the bond, or of the
        atom, itself, then the numbers, in the level before, of the bonds that lead into it,
        counted on from ``n_kinds``: rows of a table that holds the kinds and, below them, the
        level before.
    offsets
        int32 (K + 1,): where each run starts, and the end.
    n_kinds
        Kinds there are.
    """

    rows: NDArray[np.int32]
    offsets: NDArray[np.int32]
    n_kinds: int

    def __len__(self) -> int:
        return len(self.offsets) - 1


@dataclass(frozen=True, slots=True)
class Environments:
    """Molecules as numbers of environments.

    Attributes
    ----------
    bond_source
        int32 (K0, k): atom rows of the source of each kind of directed bond.
    bond_rows
        int32 (K0, k'): its bond rows.
    bonds
        Levels of radius 1, 2, ... of the directed bonds; their kinds are the K0.
    atom_rows
        int32 (J, k): atom rows of each kind of atom.
    atoms
        The atoms' environments: their kinds are the J, before stands the last level of bonds.
    graph_atoms
        int32 (A,): the environment of every atom, molecule by molecule.
    graph_offsets
        int32 (n + 1,): where each molecule's run starts, and the end.
    """

    bond_source: NDArray[np.int32]
    bond_rows: NDArray[np.int32]
    bonds: list[Level]
    atom_rows: NDArray[np.int32]
    atoms: Level
    graph_atoms: NDArray[np.int32]
    graph_offsets: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.graph_offsets) - 1


def find_environments(packed: PackedGraphs, vocabulary: Vocabulary, depth: int) -> Environments:
    """Find and number what ``depth`` rounds of directed message passing tell apart.

    Parameters
    ----------
    packed
        The molecules.
    vocabulary
        Says which atoms and bonds are of the same kind.
    depth
        Rounds, at least 1; bonds get levels of radius 1 to ``depth - 1``.
    """
    edges = _Edges(packed)
    atom_rows = vocabulary.atom_rows(packed.atom_codes)
    bond_rows = vocabulary.bond_rows(packed.bond_codes)
    atom_kind, atom_example = _number(_row_keys(atom_rows, vocabulary.n_atom_rows))
    bond_kind, _ = _number(_row_keys(bond_rows, vocabulary.n_bond_rows))
    most = np.int64(bond_kind.max(initial=0) + 1)
    kind, example = _number(
        (atom_kind[edges.source] * most + bond_kind[edges.bond]).view(np.uint64)
    )
    bond_source, rows = atom_rows[edges.source[example]], bond_rows[edges.bond[example]]
    numbers, levels = kind, []
    for _ in range(1, depth):
        hashed = _mix(numbers)
        into = edges.sum_into_atoms(hashed)
        around = into[edges.source] - hashed.reshape(-1, 2)[:, ::-1].reshape(-1)
        refined, example = _number(_join(kind, around))
        behind, counts = edges.behind(example)
        levels.append(_level(kind[example], numbers[behind], counts, len(bond_source)))
        numbers = refined
    into = edges.sum_into_atoms(_mix(numbers))
    graph_atoms, example = _number(_join(atom_kind, into))
    behind, counts = edges.into(example)
    atoms = _level(atom_kind[example], numbers[behind], counts, len(atom_example))
    return Environments(
        bond_source,
        rows,
        levels,
        atom_rows[atom_example],
        atoms,
        graph_atoms.astype(np.int32),
        packed.atom_offsets.astype(np.int32),
    )


class _Edges:
    """The directed bonds of packed graphs; 2 b and 2 b + 1 are the two directions of bond b."""

    def __init__(self, packed: PackedGraphs) -> None:
        shift = np.repeat(packed.atom_offsets[:-1], packed.n_bonds)
        ends = packed.bond_index + shift[:, None]
        self.source: NDArray[np.int64] = ends.reshape(-1)
        self.bond: NDArray[np.int64] = np.arange(len(self.source)) >> 1
        target = ends[:, ::-1].reshape(-1)
        self.incoming = np.argsort(target, kind="stable")
        self.degree = np.bincount(target, minlength=len(packed.atom_codes))
        self.start = _offsets(self.degree)

    def sum_into_atoms(self, values: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """Sum, modulo 2^64, the values of the edges into each atom."""
        running = np.zeros(len(values) + 1, dtype=np.uint64)
        np.cumsum(values[self.incoming], out=running[1:])
        return running[self.start[1:]] - running[self.start[:-1]]

    def into(self, atoms: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the edges into some atoms, one run each, and the lengths of the runs."""
        counts = self.degree[atoms]
        return self.incoming[ragged(self.start[atoms], counts)], counts

    def behind(self, edges: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the edges into the source of each edge but its own reverse, and run lengths."""
        found, counts = self.into(self.source[edges])
        return found[found != np.repeat(edges ^ 1, counts)], counts - 1


def _level(
    kind: NDArray[np.int64], behind: NDArray[np.int64], counts: NDArray[np.int64], n_kinds: int
) -> Level:
    offsets = _offsets(counts + 1)
    rows = np.empty(offsets[-1], dtype=np.int32)
    is_kind = np.zeros(len(rows), dtype=bool)
    is_kind[offsets[:-1]] = True
    rows[is_kind] = kind
    rows[~is_kind] = behind + n_kinds
    return Level(rows, offsets.astype(np.int32), n_kinds)


def _number(keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Give equal keys equal numbers: int64 (m,), and the first place of each, (K,)."""
    encoded = pa.array(keys).dictionary_encode()
    numbers = encoded.indices.to_numpy().astype(np.int64)
    first = np.empty(len(encoded.dictionary), dtype=np.int64)
    # of several places written to one number the last stays: backwards, the first
    first[numbers[::-1]] = np.arange(len(numbers))[::-1]
    return numbers, first


def _row_keys(rows: NDArray[np.int32], most: int) -> NDArray[np.uint64]:
    # at most 8 fields and 256 rows fit 64 bits without a collision; others are mixed
    keys = np.zeros(len(rows), dtype=np.uint64)
    fits = float(most) ** rows.shape[1] < 2.0**64
    for column in rows.T:
        keys = (keys if fits else _mix(keys)) * np.uint64(most) + column.astype(np.uint64)
    return keys


def _join(kind: NDArray[np.int64], around: NDArray[np.uint64]) -> NDArray[np.uint64]:
    # the sum is mixed once more before the kind is added: added to it as one more summand,
    # a kind could change places with a neighbor
    return _mix(around) + kind.astype(np.uint64)


def _mix(values: NDArray[np.int64] | NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scatter numbers over 64 bits (the finalizer of splitmix64, a bijection)."""
    mixed = values.astype(np.uint64) + _STEP
    mixed ^= mixed >> np.uint64(30)
    mixed *= _FIRST
    mixed ^= mixed >> np.uint64(27)
    mixed *= _SECOND
    mixed ^= mixed >> np.uint64(31)
    return mixed


def _offsets(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    offsets = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets
