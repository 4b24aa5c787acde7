"""From the atoms of a molecule to the molecule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from hitsieve.networks.encoders.layers import layer
from hitsieve.networks.segments import sum_by_index

if TYPE_CHECKING:
    from hitsieve.graphs.batch import GraphBatch
    from hitsieve.networks.config import NetworkConfig


class Readout(torch.nn.Module):
    """One vector a molecule: mean, sum, sum over a constant, or attention, of its atoms.

    A molecule without atoms gives zeros, by attention a constant.

    Parameters
    ----------
    config
        ``readout`` and ``readout_norm`` are used.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.kind = config.readout
        self.norm = config.readout_norm
        self.attend = AttentionReadout(config) if config.readout == "attention" else None

    def forward(self, atoms: torch.Tensor, batch: GraphBatch) -> torch.Tensor:
        """Return the molecules' vectors: (A, d) to (n_graphs, d)."""
        total = sum_by_index(atoms, batch.graph_of_atom, batch.n_graphs)
        if self.kind == "sum":
            return total
        if self.kind == "norm":
            return total / self.norm
        if self.attend is not None:
            found: torch.Tensor = self.attend(atoms, total, batch)
            return found
        sizes = batch.atom_offsets.diff().clamp(min=1)
        return total / sizes.to(total.dtype)[:, None]


class AttentionReadout(torch.nn.Module):
    """A molecule asks its atoms twice, weighs their answers, and decides what to keep.

    With s the sum of the atoms' vectors h_v and attention weights a_v that add up to 1::

        m(0) = relu(s),   m(t) = relu( GRU( elu( sum over v of a_v W h_v ), m(t-1) ) )

    the molecule part of Attentive FP (Xiong et al., J. Med. Chem. 2020, 63, 8749), through
    PyTorch Geometric's ``GATConv``.

    Parameters
    ----------
    config
        ``hidden`` and ``dropout`` are used.
    """

    rounds = 2

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        width = config.hidden
        self.ask = layer("GATConv")(
            width, width, dropout=config.dropout, add_self_loops=False, negative_slope=0.01
        )
        self.gate = torch.nn.GRUCell(width, width)
        self.dropout = torch.nn.Dropout(config.dropout)

    def forward(self, atoms: torch.Tensor, total: torch.Tensor, batch: GraphBatch) -> torch.Tensor:
        """Return the molecules' vectors (n_graphs, d) from atoms (A, d) and their sums."""
        atom = torch.arange(batch.n_atoms, device=atoms.device)
        edges = torch.stack([atom, batch.graph_of_atom])
        molecules = torch.relu(total)
        for _ in range(self.rounds):
            heard = self.dropout(functional.elu(self.ask((atoms, molecules), edges)))
            molecules = torch.relu(self.gate(heard, molecules))
        return molecules
