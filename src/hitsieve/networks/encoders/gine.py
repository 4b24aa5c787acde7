"""The graph isomorphism network with edge features (GINE), through PyTorch Geometric."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from hitsieve.networks.encoders.layers import layer
from hitsieve.networks.features import FeatureTable

if TYPE_CHECKING:
    from hitsieve.graphs.batch import GraphBatch
    from hitsieve.graphs.vocabulary import Vocabulary
    from hitsieve.networks.config import NetworkConfig


class IsomorphismNetwork(torch.nn.Module):
    """Messages between atoms, each changed by the bond it crosses.

    With x_v the features of atom v, e_uv those of a bond and tau = ReLU::

        h_v(0) = W_v x_v
        h_v(t) = tau( h_v(t-1) + MLP_t( (1 + eps_t) h_v(t-1)
                      + sum over u in N(v) of tau(h_u(t-1) + W_e e_uv) ) )

    The convolution is PyTorch Geometric's ``GINEConv`` (Hu et al., ICLR 2020); the residual
    term keeps deep networks trainable without batch normalization, whose statistics would make
    a prediction depend on its batch.

    Parameters
    ----------
    config
        ``hidden``, ``depth`` and ``dropout`` are used.
    vocabulary
        Gives the features x and e.
    """

    def __init__(self, config: NetworkConfig, vocabulary: Vocabulary) -> None:
        super().__init__()
        convolution = layer("GINEConv")
        self.atoms = FeatureTable(vocabulary.atoms.features)
        self.bonds = FeatureTable(vocabulary.bonds.features)
        hidden = self.width = config.hidden
        self.W_v = torch.nn.Linear(vocabulary.n_atom_features, hidden, bias=False)
        self.W_e = torch.nn.Linear(vocabulary.n_bond_features, hidden, bias=False)
        self.layers = torch.nn.ModuleList(
            convolution(
                torch.nn.Sequential(
                    torch.nn.Linear(hidden, hidden),
                    torch.nn.ReLU(),
                    torch.nn.Linear(hidden, hidden),
                ),
                train_eps=True,
            )
            for _ in range(config.depth)
        )
        self.dropout = torch.nn.Dropout(config.dropout)

    def forward(self, batch: GraphBatch) -> torch.Tensor:
        """Return the hidden state of every atom: (A, hidden)."""
        hidden: torch.Tensor = self.atoms(self.W_v.weight, batch.atom_rows)
        bonds = self.bonds(self.W_e.weight, batch.bond_rows).repeat_interleave(2, dim=0)
        edges = torch.stack([batch.src, batch.dst])
        for convolve in self.layers:
            hidden = torch.relu(hidden + convolve(hidden, edges, bonds))
            hidden = self.dropout(hidden)
        return hidden
