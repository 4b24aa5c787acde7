"""Attentive FP against PyTorch Geometric's whole model with the same weights."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from hitsieve.graphs.batch import GraphBatch, make_batch
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.graphs.vocabulary import load_vocabulary
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.encoders.attentivefp import AttentiveFingerprint
from hitsieve.networks.readout import Readout

VOCABULARY = load_vocabulary("chemprop_v2")
PACKED = PackedGraphs.from_smiles(["CCO", "[Na+]", "c1ccc2[nH]ccc2c1", "CC(C)(C)C#N", "C"])
WIDTH = 12


def _ours(depth: int) -> tuple[AttentiveFingerprint, Readout]:
    torch.manual_seed(depth)
    config = NetworkConfig(encoder="attentivefp", readout="attention", hidden=WIDTH, depth=depth)
    return AttentiveFingerprint(config, VOCABULARY).double(), Readout(config).double()


def _theirs(depth: int, encoder: AttentiveFingerprint, readout: Readout) -> Any:
    from torch_geometric.nn.models import AttentiveFP

    model = AttentiveFP(
        VOCABULARY.n_atom_features, WIDTH, WIDTH, VOCABULARY.n_bond_features, depth, 2
    ).double()
    model.lin1.load_state_dict(encoder.W_v.state_dict())
    model.gate_conv.load_state_dict(encoder.layers[0].state_dict())
    model.gru.load_state_dict(encoder.gates[0].state_dict())
    model.atom_convs.load_state_dict(
        {f"{i}.{k}": v for i, m in enumerate(encoder.layers[1:]) for k, v in m.state_dict().items()}
    )
    model.atom_grus.load_state_dict(
        {f"{i}.{k}": v for i, m in enumerate(encoder.gates[1:]) for k, v in m.state_dict().items()}
    )
    assert readout.attend is not None
    model.mol_conv.load_state_dict(readout.attend.ask.state_dict())
    model.mol_gru.load_state_dict(readout.attend.gate.state_dict())
    with torch.no_grad():  # its last layer is our head: let it pass vectors through
        model.lin2.weight.copy_(torch.eye(WIDTH))
        model.lin2.bias.zero_()
    return model


def _features(batch: GraphBatch) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.tensor(VOCABULARY.atoms.features)[batch.atom_rows.long()].sum(1)
    e = torch.tensor(VOCABULARY.bonds.features)[batch.bond_rows.long()].sum(1)
    return x.double(), e.double().repeat_interleave(2, dim=0)


@pytest.mark.parametrize("depth", [1, 3])
def test_equals_the_published_model(depth: int) -> None:
    encoder, readout = _ours(depth)
    batch = make_batch(PACKED, None, VOCABULARY)
    x, e = _features(batch)
    edges = torch.stack([batch.src, batch.dst])
    expected = _theirs(depth, encoder, readout)(x, edges, e, batch.graph_of_atom)
    found = readout(encoder(batch), batch)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


def test_gradients_reach_every_weight() -> None:
    encoder, readout = _ours(2)
    batch = make_batch(PACKED, None, VOCABULARY)
    readout(encoder(batch), batch).square().sum().backward()
    for name, weight in [*encoder.named_parameters(), *readout.named_parameters()]:
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name


def test_no_atoms_at_all() -> None:
    batch = make_batch(PackedGraphs.empty(), None, VOCABULARY)
    encoder, readout = _ours(2)
    assert encoder(batch).shape == (0, WIDTH)
    assert readout(encoder(batch), batch).shape == (0, WIDTH)
