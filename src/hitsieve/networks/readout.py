"""From the atoms of a molecule to the molecule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from hitsieve.networks.segments import sum_by_index

if TYPE_CHECKING:
    from hitsieve.graphs.batch import GraphBatch
    from hitsieve.networks.config import NetworkConfig


class Readout(torch.nn.Module):
    """One vector a molecule: mean, sum, or sum over a constant, of its atoms' vectors.

    A molecule without atoms gives zeros.

    Parameters
    ----------
    config
        ``readout`` and ``readout_norm`` are used.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.kind = config.readout
        self.norm = config.readout_norm

    def forward(self, atoms: torch.Tensor, batch: GraphBatch) -> torch.Tensor:
        """Return the molecules' vectors: (A, d) to (n_graphs, d)."""
        total = sum_by_index(atoms, batch.graph_of_atom, batch.n_graphs)
        if self.kind == "sum":
            return total
        if self.kind == "norm":
            return total / self.norm
        sizes = batch.atom_offsets.diff().clamp(min=1)
        return total / sizes.to(total.dtype)[:, None]
