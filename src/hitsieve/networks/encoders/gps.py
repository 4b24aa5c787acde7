"""The graph transformer GPS: messages along bonds beside attention over the whole molecule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch

from hitsieve.networks.encoders.layers import layer
from hitsieve.networks.features import FeatureTable

if TYPE_CHECKING:
    from hitsieve.graphs.batch import GraphBatch
    from hitsieve.graphs.vocabulary import Vocabulary
    from hitsieve.networks.config import NetworkConfig

WALK_STEPS: Final = 8
"""Longest walk that an atom's place in the molecule is told by."""


class GraphTransformer(torch.nn.Module):
    """Every layer listens to neighbors and, by attention, to all atoms of the molecule at once.

    With x_v the features of atom v, e_uv those of a bond and p_v the place of the atom::

        h_v(0) = W_v x_v + W_p p_v
        h(t)   = LN( z + MLP_t(z) ),
        z      = LN( h(t-1) + GINE_t(h(t-1), W_e e) ) + LN( h(t-1) + attention_t(h(t-1)) )

    where p_v are the probabilities that a random walk from v is back after 1 to 8 steps
    (:func:`return_probabilities`), and LN normalizes each atom alone, so that a prediction does
    not depend on its batch. The layer is PyTorch Geometric's ``GPSConv`` (Rampášek et al.,
    NeurIPS 2022).

    Parameters
    ----------
    config
        ``hidden``, ``depth``, ``heads`` and ``dropout`` are used.
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
        self.W_p = torch.nn.Linear(WALK_STEPS, hidden)
        transform, convolution = layer("GPSConv"), layer("GINEConv")
        self.layers = torch.nn.ModuleList(
            transform(
                hidden,
                convolution(
                    torch.nn.Sequential(
                        torch.nn.Linear(hidden, hidden),
                        torch.nn.ReLU(),
                        torch.nn.Linear(hidden, hidden),
                    )
                ),
                heads=config.heads,
                dropout=config.dropout,
                norm="layer_norm",
                norm_kwargs={"mode": "node"},
                attn_kwargs={"dropout": config.dropout},
            )
            for _ in range(config.depth)
        )

    def forward(self, batch: GraphBatch) -> torch.Tensor:
        """Return the hidden state of every atom: (A, hidden)."""
        hidden: torch.Tensor = self.atoms(self.W_v.weight, batch.atom_rows)
        if batch.n_atoms == 0:
            return hidden
        places = return_probabilities(batch, WALK_STEPS).to(hidden.dtype)
        hidden = hidden + self.W_p(places)
        bonds = self.bonds(self.W_e.weight, batch.bond_rows).repeat_interleave(2, dim=0)
        edges = torch.stack([batch.src, batch.dst])
        # Attention over a molecule without atoms is not defined: numbers without gaps skip it.
        molecule = torch.unique_consecutive(batch.graph_of_atom, return_inverse=True)[1]
        for transform in self.layers:
            hidden = transform(hidden, edges, molecule, edge_attr=bonds)
        return hidden


def return_probabilities(batch: GraphBatch, steps: int) -> torch.Tensor:
    """Return how likely a random walk from each atom is back after 1 to ``steps`` steps.

    A walk goes on along each bond of an atom with equal chance. Rings and chains, ends and
    middles differ by it (Dwivedi et al., ICLR 2022).

    Parameters
    ----------
    batch
        A atoms.
    steps
        Length of the longest walk.

    Returns
    -------
    Tensor
        float32 (A, steps).
    """
    sizes = batch.atom_offsets.diff()
    largest = int(sizes.max()) if len(sizes) else 0
    place = torch.arange(batch.n_atoms, device=batch.src.device)
    place = place - batch.atom_offsets[:-1].repeat_interleave(sizes)
    walk = torch.zeros(batch.n_graphs, largest, largest, device=batch.src.device)
    walk[batch.graph_of_atom[batch.src], place[batch.src], place[batch.dst]] = 1.0
    walk = walk / walk.sum(dim=2, keepdim=True).clamp(min=1)
    reached, found = walk, []
    for _ in range(steps):
        found.append(reached.diagonal(dim1=1, dim2=2)[batch.graph_of_atom, place])
        reached = reached @ walk
    return torch.stack(found, dim=1)
