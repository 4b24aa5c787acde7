"""Principal neighborhood aggregation (PNA), through PyTorch Geometric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch

from hitsieve.networks.encoders.layers import layer
from hitsieve.networks.features import FeatureTable

if TYPE_CHECKING:
    from hitsieve.graphs.batch import GraphBatch
    from hitsieve.graphs.vocabulary import Vocabulary
    from hitsieve.networks.config import NetworkConfig

DEGREES: Final = (0, 167, 508, 317, 8)
"""Atoms with 0, 1, 2, 3 and 4 neighbors among 1,000 heavy atoms of 24,891 compounds on sale.

Degrees of drug-like compounds hardly differ between sets, and one scale for all keeps networks
comparable and a bundle free of another array.
"""

AGGREGATORS: Final = ("mean", "min", "max", "std")
SCALERS: Final = ("identity", "amplification", "attenuation")


class PrincipalAggregation(torch.nn.Module):
    """Messages joined by mean, smallest, largest and spread, each scaled by the degree.

    With x_v the features of atom v, e_uv those of a bond::

        h_v(0) = W_v x_v
        h_v(t) = relu( h_v(t-1) + U_t[ h_v(t-1), S (x) A over u in N(v) of
                                       M_t[ h_v(t-1), h_u(t-1), W_e e_uv ] ] )

    with aggregators A and scalers S of the degree d: 1, log(d + 1) / delta and its inverse
    (Corso et al., NeurIPS 2020), through PyTorch Geometric's ``PNAConv``. The residual term
    stands where the paper normalizes over the batch, which would make a prediction depend on
    its company.

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
        self.W_v = torch.nn.Linear(vocabulary.n_atom_features, hidden, bias=False)
        self.W_e = torch.nn.Linear(vocabulary.n_bond_features, hidden, bias=False)
        convolution = layer("PNAConv")
        self.layers = torch.nn.ModuleList(
            convolution(
                hidden,
                hidden,
                aggregators=list(AGGREGATORS),
                scalers=list(SCALERS),
                deg=torch.tensor(DEGREES),
                edge_dim=hidden,
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
            hidden = self.dropout(torch.relu(hidden + convolve(hidden, edges, bonds)))
        return hidden
