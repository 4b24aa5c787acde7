"""Attentive FP's atom part: attention over neighbors, remembered by gated units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from hitsieve.networks.encoders.layers import layer
from hitsieve.networks.features import FeatureTable

if TYPE_CHECKING:
    from hitsieve.graphs.batch import GraphBatch
    from hitsieve.graphs.vocabulary import Vocabulary
    from hitsieve.networks.config import NetworkConfig

_SLOPE = 0.01


class AttentiveFingerprint(torch.nn.Module):
    """Each atom asks its neighbors, weighs their answers, and decides what to keep.

    With x_v the features of atom v, e_uv those of a bond, and attention weights a_uv that add
    up to 1 over the neighbors u of v::

        h_v(0) = leakyrelu( W_v x_v + b )
        c_v(t) = elu( sum over u in N(v) of a_uv W_t h_u(t-1) )
        h_v(t) = relu( GRU_t( c_v(t), h_v(t-1) ) )

    In the first round the weights also see the bond. These are the atom layers of Attentive FP
    (Xiong et al., J. Med. Chem. 2020, 63, 8749) through PyTorch Geometric's ``GATEConv`` and
    ``GATConv``; its molecule part is the readout ``attention``.

    Parameters
    ----------
    config
        ``hidden``, ``depth`` and ``dropout`` are used.
    vocabulary
        Gives the features x and e.
    """

    def __init__(self, config: NetworkConfig, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.atoms = FeatureTable(vocabulary.atoms.features)
        self.bonds = FeatureTable(vocabulary.bonds.features)
        hidden = self.width = config.hidden
        self.W_v = torch.nn.Linear(vocabulary.n_atom_features, hidden)
        first = layer("GATEConv")(hidden, hidden, vocabulary.n_bond_features, config.dropout)
        later = [
            layer("GATConv")(
                hidden,
                hidden,
                dropout=config.dropout,
                add_self_loops=False,
                negative_slope=_SLOPE,
            )
            for _ in range(config.depth - 1)
        ]
        self.layers = torch.nn.ModuleList([first, *later])
        self.gates = torch.nn.ModuleList(
            torch.nn.GRUCell(hidden, hidden) for _ in range(config.depth)
        )
        self.dropout = torch.nn.Dropout(config.dropout)

    def forward(self, batch: GraphBatch) -> torch.Tensor:
        """Return the hidden state of every atom: (A, hidden)."""
        start = self.atoms(self.W_v.weight, batch.atom_rows) + self.W_v.bias
        hidden = functional.leaky_relu(start, _SLOPE)
        edges = torch.stack([batch.src, batch.dst])
        bonds = self.bonds.values(batch.bond_rows).repeat_interleave(2, dim=0)
        for number, (attend, gate) in enumerate(zip(self.layers, self.gates, strict=True)):
            heard = attend(hidden, edges, bonds) if number == 0 else attend(hidden, edges)
            heard = self.dropout(functional.elu(heard))
            hidden = torch.relu(gate(heard, hidden))
        return hidden
