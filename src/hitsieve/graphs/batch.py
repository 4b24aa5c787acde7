"""Packed graphs as the tensors a network reads, and how molecules are grouped into batches."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.graphs.packed import PackedGraphs
    from hitsieve.graphs.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class GraphBatch:
    """Some molecular graphs as tensors: A atoms, B bonds, E = 2 B directed edges.

    Bond b gives the edges 2 b and 2 b + 1, which are each other's reverse: rev(e) = e ^ 1.
    Atoms and edges of one molecule lie together, molecules in the order they were asked for.

    Attributes
    ----------
    atom_rows
        int32 (A, k): rows of the vocabulary's atom table.
    bond_rows
        int32 (B, k'): rows of its bond table.
    src, dst
        int64 (E,): the atoms an edge comes from and goes to.
    graph_of_atom
        int64 (A,): the molecule of each atom, ascending.
    atom_offsets
        int64 (n_graphs + 1,): first atom of each molecule, and the end.
    incoming
        int64 (E,): the edges sorted by target (stable), so that a sum over the edges into an
        atom is a sum over a run.
    incoming_offsets
        int64 (A + 1,): where each atom's run in ``incoming`` starts, and the end.
    n_graphs
        Number of molecules, with those without atoms.
    """

    atom_rows: torch.Tensor
    bond_rows: torch.Tensor
    src: torch.Tensor
    dst: torch.Tensor
    graph_of_atom: torch.Tensor
    atom_offsets: torch.Tensor
    incoming: torch.Tensor
    incoming_offsets: torch.Tensor
    n_graphs: int

    @property
    def n_atoms(self) -> int:
        """Number of atoms A."""
        return self.atom_rows.shape[0]

    @property
    def n_edges(self) -> int:
        """Number of directed edges E."""
        return self.src.shape[0]

    def to(self, device: torch.device | str) -> GraphBatch:
        """Return the batch on another device."""
        names = [f.name for f in fields(self) if f.name != "n_graphs"]
        tensors = {name: getattr(self, name).to(device) for name in names}
        return GraphBatch(**tensors, n_graphs=self.n_graphs)


def make_batch(
    packed: PackedGraphs,
    indices: NDArray[Any] | None,
    vocabulary: Vocabulary,
    device: torch.device | str = "cpu",
) -> GraphBatch:
    """Build the tensors for the molecules at ``indices`` (int (k,), None for all), in order."""
    graphs = packed if indices is None else packed.take(indices)
    n_graphs, n_atoms = len(graphs), int(graphs.atom_offsets[-1])
    # bond_index counts within a molecule; shifted by its first atom it counts within the batch
    shift = np.repeat(graphs.atom_offsets[:-1], graphs.n_bonds)
    ends = graphs.bond_index.astype(np.int64) + shift[:, None]
    src = np.ascontiguousarray(ends).reshape(-1)
    dst = np.ascontiguousarray(ends[:, ::-1]).reshape(-1)
    offsets = np.zeros(n_atoms + 1, dtype=np.int64)
    np.cumsum(np.bincount(dst, minlength=n_atoms), out=offsets[1:])
    arrays = {
        "atom_rows": vocabulary.atom_rows(graphs.atom_codes),
        "bond_rows": vocabulary.bond_rows(graphs.bond_codes),
        "src": src,
        "dst": dst,
        "graph_of_atom": np.repeat(np.arange(n_graphs), graphs.n_atoms),
        "atom_offsets": graphs.atom_offsets,
        "incoming": np.argsort(dst, kind="stable"),
        "incoming_offsets": offsets,
    }
    tensors = {name: torch.from_numpy(array).to(device) for name, array in arrays.items()}
    return GraphBatch(**tensors, n_graphs=n_graphs)


def batches_in_order(packed: PackedGraphs, max_atoms: int) -> list[NDArray[np.int64]]:
    """Cut molecules, in their order, into groups of at most ``max_atoms`` atoms.

    Like :func:`batches_by_size`, the grouping depends on the sizes alone. A molecule larger
    than ``max_atoms`` is a group of its own.

    Raises
    ------
    ValueError
        If ``max_atoms`` is below 1.
    """
    return _cut(packed, np.arange(len(packed)), max_atoms, max(1, len(packed)))


def batches_by_size(
    packed: PackedGraphs, max_atoms: int = 8192, max_graphs: int = 512
) -> list[NDArray[np.int64]]:
    """Group molecules of like size; every molecule stands in exactly one group.

    The grouping depends on the sizes alone, so the same shard is always cut alike, and with it
    the order of every floating-point sum. A molecule larger than ``max_atoms`` is a group of
    its own.

    Parameters
    ----------
    packed
        The molecules of one shard.
    max_atoms, max_graphs
        Most atoms and most molecules of a group, both at least 1.

    Returns
    -------
    list of int64 arrays
        Places in ``packed``, smallest molecules first, ties in order.

    Raises
    ------
    ValueError
        If a limit is below 1.
    """
    order = np.argsort(packed.n_atoms, kind="stable").astype(np.int64)
    return _cut(packed, order, max_atoms, max_graphs)


def _cut(
    packed: PackedGraphs, order: NDArray[np.int64], max_atoms: int, max_graphs: int
) -> list[NDArray[np.int64]]:
    if max_atoms < 1 or max_graphs < 1:
        raise ValueError(f"max_atoms={max_atoms} and max_graphs={max_graphs} must be at least 1")
    ends = np.cumsum(packed.n_atoms[order])
    groups: list[NDArray[np.int64]] = []
    start, used = 0, 0
    while start < len(order):
        stop = int(np.searchsorted(ends, used + max_atoms, side="right"))
        stop = min(max(stop, start + 1), start + max_graphs)
        groups.append(order[start:stop])
        start, used = stop, int(ends[stop - 1])
    return groups
