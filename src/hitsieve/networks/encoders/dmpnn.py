"""The directed message-passing network (D-MPNN)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from hitsieve.networks.activations import Activation
from hitsieve.networks.features import FeatureTable
from hitsieve.networks.segments import sum_by_index

if TYPE_CHECKING:
    from hitsieve.graphs.batch import GraphBatch
    from hitsieve.graphs.vocabulary import Vocabulary
    from hitsieve.networks.config import NetworkConfig


class DirectedMessagePassing(torch.nn.Module):
    """Messages along directed bonds; none goes straight back where it came from.

    With x_v the features of atom v, e_vw those of the bond from v to w and tau the activation::

        h_vw(0) = W_i [x_v, e_vw]
        h_vw(t) = tau( h_vw(0) + W_h * sum over u in N(v) without w of tau(h)_uv(t-1) )
        h_v     = tau( W_o [x_v, sum over u in N(v) of h_uv(depth-1)] + b )

    where tau(h)(0) = tau(h(0)); with ``bias``, W_i and W_h add constants too. These are the
    equations of Chemprop v2's ``BondMessagePassing`` with weights of the same shapes and names
    (Yang et al., J. Chem. Inf. Model. 2019, 59, 3370; Heid et al., ibid. 2024, 64, 9).

    Parameters
    ----------
    config
        ``hidden``, ``depth``, ``activation``, ``bias`` and ``dropout`` are used.
    vocabulary
        Gives the features x and e.
    """

    def __init__(self, config: NetworkConfig, vocabulary: Vocabulary) -> None:
        super().__init__()
        self.atoms = FeatureTable(vocabulary.atoms.features)
        self.bonds = FeatureTable(vocabulary.bonds.features)
        d_v, d_e, hidden = vocabulary.n_atom_features, vocabulary.n_bond_features, config.hidden
        self.d_v, self.depth, self.width = d_v, config.depth, hidden
        self.W_i = torch.nn.Linear(d_v + d_e, hidden, bias=config.bias)
        self.W_h = torch.nn.Linear(hidden, hidden, bias=config.bias)
        self.W_o = torch.nn.Linear(d_v + hidden, hidden)
        self.tau = Activation(config.activation)
        self.dropout = torch.nn.Dropout(config.dropout)

    def forward(self, batch: GraphBatch) -> torch.Tensor:
        """Return the hidden state of every atom: (A, hidden)."""
        start = self.start(batch)
        hidden = self.tau(start)
        for _ in range(1, self.depth):
            message = self.message(hidden, batch)
            hidden = self.dropout(self.tau(start + self.W_h(message)))
        return self.finish(sum_by_index(hidden, batch.dst, batch.n_atoms), batch)

    def start(self, batch: GraphBatch) -> torch.Tensor:
        """Return h(0) of every directed edge: W_i [x_src, e], (E, hidden)."""
        atoms: torch.Tensor = self.atoms(self.W_i.weight[:, : self.d_v], batch.atom_rows)
        bonds: torch.Tensor = self.bonds(self.W_i.weight[:, self.d_v :], batch.bond_rows)
        if self.W_i.bias is not None:
            bonds = bonds + self.W_i.bias
        return atoms[batch.src] + bonds.repeat_interleave(2, dim=0)

    def message(self, hidden: torch.Tensor, batch: GraphBatch) -> torch.Tensor:
        """Return what each edge receives: all into its source but its own reverse, (E, hidden)."""
        total = sum_by_index(hidden, batch.dst, batch.n_atoms)
        reverse = hidden.view(-1, 2, self.width).flip(1).reshape(-1, self.width)
        return total[batch.src] - reverse

    def finish(self, message: torch.Tensor, batch: GraphBatch) -> torch.Tensor:
        """Return the atoms' hidden state from the sums over their incoming edges, (A, hidden)."""
        atoms = self.atoms(self.W_o.weight[:, : self.d_v], batch.atom_rows)
        passed = torch.nn.functional.linear(message, self.W_o.weight[:, self.d_v :], self.W_o.bias)
        hidden: torch.Tensor = self.dropout(self.tau(atoms + passed))
        return hidden
