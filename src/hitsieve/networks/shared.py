"""A D-MPNN that computes every environment of a batch once, in scoring and in training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from hitsieve.networks.encoders.dmpnn import DirectedMessagePassing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hitsieve.graphs.environments import Environments, Level
    from hitsieve.graphs.expand import RaggedGraphs, RaggedLevel
    from hitsieve.networks.model import GraphNetwork

    Rows = NDArray[np.int32] | torch.Tensor


def can_share(network: GraphNetwork) -> bool:
    """Tell whether a network can be computed with shared environments, as it is set now.

    Dropout in training tells equal environments apart, so a network with it cannot share there;
    neither can one whose readout asks each molecule's atoms anew.
    """
    encoder = network.encoder
    if not isinstance(encoder, DirectedMessagePassing) or network.readout.attend is not None:
        return False
    return not (network.training and encoder.dropout.p > 0)


def predict_shared(
    network: GraphNetwork,
    environments: Environments | RaggedGraphs,
    side: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return what ``network(batch, side)`` gives, up to rounding, with gradients where asked.

    The result has shape (n, n_targets).

    Rows stand for environments instead of bonds and atoms, and as sums and matrices commute,

        W_h * sum over u of h_uv  =  sum over u of (W_h h_uv),

    each product runs over the environments of one level before the sum spreads them.

    Parameters
    ----------
    network
        A network for which :func:`can_share` holds.
    environments
        Of the molecules, with the network's vocabulary and depth; or the molecules expanded on
        the network's device.
    side
        Their side table, where the network reads one.
    """
    return network.predict(embed_shared(network, environments), side)


def embed_shared(network: GraphNetwork, environments: Environments | RaggedGraphs) -> torch.Tensor:
    """Return what ``network.embed(batch)`` gives, up to rounding: (n, hidden).

    As :func:`predict_shared` takes and computes it.
    """
    encoder = network.encoder
    if not isinstance(encoder, DirectedMessagePassing):
        raise TypeError(f"{type(encoder).__name__} has no shared form")
    start = _start(encoder, environments)
    hidden = encoder.tau(start)
    kinds = start if encoder.W_h.bias is None else start + encoder.W_h.bias
    for level in environments.bonds:
        hidden = encoder.tau.overwrite(_spread(kinds, hidden, encoder.W_h.weight, level))
    atoms = _atoms(encoder, hidden, environments)
    mode = "mean" if network.readout.kind == "mean" else "sum"
    molecules = _bags(atoms, environments.graph_atoms, environments.graph_offsets, mode)
    if network.readout.kind == "norm":
        molecules = molecules / network.readout.norm
    return molecules


def _start(
    encoder: DirectedMessagePassing, environments: Environments | RaggedGraphs
) -> torch.Tensor:
    weight = encoder.W_i.weight
    atoms: torch.Tensor = encoder.atoms(weight[:, : encoder.d_v], _tensor(environments.bond_source))
    bonds: torch.Tensor = encoder.bonds(weight[:, encoder.d_v :], _tensor(environments.bond_rows))
    start = atoms + bonds
    return start if encoder.W_i.bias is None else start + encoder.W_i.bias


def _atoms(
    encoder: DirectedMessagePassing, hidden: torch.Tensor, environments: Environments | RaggedGraphs
) -> torch.Tensor:
    weight, bias = encoder.W_o.weight, encoder.W_o.bias
    own: torch.Tensor = encoder.atoms(weight[:, : encoder.d_v], _tensor(environments.atom_rows))
    kinds, passed = own + bias, weight[:, encoder.d_v :]
    return encoder.tau.overwrite(_spread(kinds, hidden, passed, environments.atoms))


def _spread(
    kinds: torch.Tensor, before: torch.Tensor, weight: torch.Tensor, level: Level | RaggedLevel
) -> torch.Tensor:
    """Return kind + sum over those behind of W before, of each environment of a level."""
    if torch.is_grad_enabled() and weight.requires_grad:
        table = torch.cat([kinds, before @ weight.T])
        return _bags(table, level.rows, level.offsets, "sum")
    table = kinds.new_empty(level.n_kinds + len(before), kinds.shape[1])
    table[: level.n_kinds] = kinds
    torch.mm(before, weight.T, out=table[level.n_kinds :])
    return _bags(table, level.rows, level.offsets, "sum")


def _bags(table: torch.Tensor, rows: Rows, offsets: Rows, mode: str) -> torch.Tensor:
    if len(rows) == 0:
        return table.new_zeros(len(offsets) - 1, table.shape[1])
    return functional.embedding_bag(
        _tensor(rows), table, _tensor(offsets), mode=mode, include_last_offset=True
    )


def _tensor(rows: Rows) -> torch.Tensor:
    return rows if isinstance(rows, torch.Tensor) else torch.from_numpy(rows)
