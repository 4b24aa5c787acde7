"""A D-MPNN for inference that computes every environment once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from hitsieve.networks.encoders.dmpnn import DirectedMessagePassing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hitsieve.graphs.environments import Environments, Level
    from hitsieve.networks.model import GraphNetwork


def can_share(network: GraphNetwork) -> bool:
    """Tell whether a network has an inference form that shares equal environments."""
    return isinstance(network.encoder, DirectedMessagePassing)


def predict_shared(network: GraphNetwork, environments: Environments) -> torch.Tensor:
    """Return what ``network(batch)`` gives in evaluation mode, up to rounding: (n, n_targets).

    Rows stand for environments instead of bonds and atoms, and as sums and matrices commute,

        W_h * sum over u of h_uv  =  sum over u of (W_h h_uv),

    each product runs over the environments of one level before the sum spreads them.

    Parameters
    ----------
    network
        A network for which :func:`can_share` holds.
    environments
        Of the molecules, with the network's vocabulary and depth.
    """
    encoder = network.encoder
    if not isinstance(encoder, DirectedMessagePassing):
        raise TypeError(f"{type(encoder).__name__} has no shared form")
    start = _start(encoder, environments)
    hidden = torch.relu(start)
    for level in environments.bonds:
        passed = _bags(hidden @ encoder.W_h.weight.T, level)
        hidden = passed.add_(start[torch.from_numpy(level.kind)]).relu_()
    atoms = _atoms(encoder, hidden, environments)
    molecules = functional.embedding_bag(
        torch.from_numpy(environments.graph_atoms),
        atoms,
        torch.from_numpy(environments.graph_offsets),
        mode="mean" if network.readout.kind == "mean" else "sum",
        include_last_offset=True,
    )
    if network.readout.kind == "norm":
        molecules = molecules / network.readout.norm
    outputs: torch.Tensor = network.head(molecules)
    return outputs


def _start(encoder: DirectedMessagePassing, environments: Environments) -> torch.Tensor:
    weight = encoder.W_i.weight
    atoms: torch.Tensor = encoder.atoms(weight[:, : encoder.d_v], _tensor(environments.bond_source))
    bonds: torch.Tensor = encoder.bonds(weight[:, encoder.d_v :], _tensor(environments.bond_rows))
    return atoms + bonds


def _atoms(
    encoder: DirectedMessagePassing, hidden: torch.Tensor, environments: Environments
) -> torch.Tensor:
    weight, bias = encoder.W_o.weight, encoder.W_o.bias
    own: torch.Tensor = encoder.atoms(weight[:, : encoder.d_v], _tensor(environments.atom_rows))
    passed = _bags(hidden @ weight[:, encoder.d_v :].T, environments.atoms)
    return passed.add_((own + bias)[torch.from_numpy(environments.atoms.kind)]).relu_()


def _bags(rows: torch.Tensor, level: Level) -> torch.Tensor:
    """Sum the rows behind each environment of a level."""
    if len(level.behind) == 0:
        return rows.new_zeros(len(level), rows.shape[1])
    return functional.embedding_bag(
        torch.from_numpy(level.behind),
        rows,
        torch.from_numpy(level.offsets),
        mode="sum",
        include_last_offset=True,
    )


def _tensor(rows: NDArray[np.int32]) -> torch.Tensor:
    return torch.from_numpy(rows)
