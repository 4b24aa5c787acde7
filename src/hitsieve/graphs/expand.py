"""Packed graphs on their way to a device: bytes travel, indices are made where they are used.

A molecule of 25 atoms and 27 bonds is some 360 bytes of codes, but 6 kB of indices. So a batch is
copied as bytes, from memory the device reads directly, and expanded there with a few operations
over whole columns. Molecules lie end to end, so no row is computed for padding. Sums run over
sorted runs and never over atomic additions: equal batches give equal bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.graphs.packed import PackedGraphs
    from hitsieve.graphs.vocabulary import RowTable, Vocabulary


@dataclass(frozen=True, slots=True)
class CodeTensors:
    """The arrays of packed graphs as tensors, as small as they are stored.

    Attributes
    ----------
    n_atoms, n_bonds
        int64 (n,).
    atom_codes, bond_index, bond_codes
        uint8 (A, 8), (B, 2) and (B, 4).
    """

    n_atoms: torch.Tensor
    n_bonds: torch.Tensor
    atom_codes: torch.Tensor
    bond_index: torch.Tensor
    bond_codes: torch.Tensor

    @classmethod
    def of(cls, packed: PackedGraphs, *, pinned: bool = False) -> CodeTensors:
        """Copy packed graphs; ``pinned`` into memory that a GPU reads by itself."""
        arrays = (
            packed.n_atoms,
            packed.n_bonds,
            packed.atom_codes,
            packed.bond_index,
            packed.bond_codes,
        )
        return cls(*(_copied(array, pinned=pinned) for array in arrays))

    def to(self, device: torch.device) -> CodeTensors:
        """Start the copy to a device; from pinned memory it runs beside computations."""
        return CodeTensors(
            self.n_atoms.to(device, non_blocking=True),
            self.n_bonds.to(device, non_blocking=True),
            self.atom_codes.to(device, non_blocking=True),
            self.bond_index.to(device, non_blocking=True),
            self.bond_codes.to(device, non_blocking=True),
        )


@dataclass(frozen=True, slots=True)
class RaggedLevel:
    """A run of rows for each bond or atom, as :class:`~hitsieve.graphs.environments.Level`.

    Attributes
    ----------
    rows
        int64 (K + m,): first the bond or atom itself, then, counted on from ``n_kinds``, the bonds
        that lead into it.
    offsets
        int64 (K + 1,).
    n_kinds
        K.
    """

    rows: torch.Tensor
    offsets: torch.Tensor
    n_kinds: int

    def __len__(self) -> int:
        return len(self.offsets) - 1


@dataclass(frozen=True, slots=True)
class RaggedGraphs:
    """Molecules of which every bond and atom counts as an environment of its own.

    The attributes are those of :class:`~hitsieve.graphs.environments.Environments`, as tensors
    on one device, so that networks compute both alike. Finding equal environments pays on a
    processor core; a GPU multiplies faster than a core could number them.
    """

    bond_source: torch.Tensor
    bond_rows: torch.Tensor
    bonds: list[RaggedLevel]
    atom_rows: torch.Tensor
    atoms: RaggedLevel
    graph_atoms: torch.Tensor
    graph_offsets: torch.Tensor

    def __len__(self) -> int:
        return len(self.graph_offsets) - 1


class Expander:
    """Expands batches on a device; holds the vocabulary's look-ups there.

    Parameters
    ----------
    vocabulary
        Says which rows codes stand for.
    depth
        Rounds of message passing, at least 1.
    device
        Where to.
    """

    def __init__(self, vocabulary: Vocabulary, depth: int, device: torch.device) -> None:
        self.depth, self.device = depth, device
        self._atoms = _LookUp(vocabulary.atoms, device)
        self._bonds = _LookUp(vocabulary.bonds, device)

    def __call__(self, codes: CodeTensors) -> RaggedGraphs:
        """Return the graphs of a batch whose codes are on the device already."""
        atom_offsets, n_atoms = _offsets(codes.n_atoms), len(codes.atom_codes)
        first = torch.repeat_interleave(
            atom_offsets[:-1], codes.n_bonds, output_size=len(codes.bond_index)
        )
        ends = codes.bond_index.long() + first[:, None]
        source, target = ends.reshape(-1), ends.flip(1).reshape(-1)
        incoming = torch.argsort(target, stable=True)
        places = torch.arange(n_atoms + 1, device=self.device)
        start = torch.searchsorted(target[incoming], places)
        into_source = _runs(start, source, incoming)
        edges = torch.arange(len(source), device=self.device)
        # no message goes straight back: the reverse of edge e is e ^ 1
        back = into_source.rows == (edges ^ 1).repeat_interleave(
            into_source.counts, output_size=len(into_source.rows)
        )
        behind = _Runs(into_source.rows[~back], into_source.counts - 1)
        atom_rows = self._atoms(codes.atom_codes)
        level = _level(behind, len(source))
        everywhere = torch.arange(n_atoms, device=self.device)
        return RaggedGraphs(
            atom_rows[source],
            self._bonds(codes.bond_codes).repeat_interleave(2, dim=0),
            [level] * (self.depth - 1),
            atom_rows,
            _level(_runs(start, everywhere, incoming), n_atoms),
            everywhere,
            atom_offsets,
        )


@dataclass(frozen=True, slots=True)
class _Runs:
    rows: torch.Tensor
    counts: torch.Tensor


class _LookUp:
    """Rows of codes: a table of 256 entries for each field."""

    def __init__(self, table: RowTable, device: torch.device) -> None:
        self.columns = torch.from_numpy(table.columns).to(device)
        self.rows = torch.from_numpy(table.rows.reshape(-1)).to(device)
        self.first = (torch.arange(len(table.columns)) * table.rows.shape[1]).to(device)

    def __call__(self, codes: torch.Tensor) -> torch.Tensor:
        return self.rows[codes[:, self.columns].long() + self.first]


def _runs(start: torch.Tensor, atoms: torch.Tensor, incoming: torch.Tensor) -> _Runs:
    """Return the edges into some atoms, one run each."""
    begin, counts = start[atoms], start[atoms + 1] - start[atoms]
    ends = counts.cumsum(0)
    total = int(ends[-1]) if len(ends) else 0
    shift = torch.repeat_interleave(begin - ends + counts, counts, output_size=total)
    return _Runs(incoming[torch.arange(total, device=start.device) + shift], counts)


def _level(runs: _Runs, n_kinds: int) -> RaggedLevel:
    offsets = _offsets(runs.counts + 1)
    rows = offsets.new_empty(n_kinds + len(runs.rows))
    is_kind = torch.zeros(len(rows), dtype=torch.bool, device=rows.device)
    is_kind[offsets[:-1]] = True
    rows[is_kind] = torch.arange(n_kinds, device=rows.device)
    rows[~is_kind] = runs.rows + n_kinds
    return RaggedLevel(rows, offsets, n_kinds)


def _offsets(counts: torch.Tensor) -> torch.Tensor:
    return torch.cat([counts.new_zeros(1), counts.cumsum(0)])


def _copied(array: NDArray[np.generic], *, pinned: bool) -> torch.Tensor:
    source = torch.from_numpy(np.ascontiguousarray(array))
    if not pinned:
        return source
    copy = torch.empty(source.shape, dtype=source.dtype, pin_memory=True)
    return copy.copy_(source)
