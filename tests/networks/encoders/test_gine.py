"""GINE against its equations, looped over atoms and neighbors."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hitsieve.graphs.batch import make_batch
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.graphs.vocabulary import load_vocabulary
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.encoders.gine import IsomorphismNetwork

VOCABULARY = load_vocabulary("chemprop_v2")
PACKED = PackedGraphs.from_smiles(["CCO", "[Na+]", "c1ccc2[nH]ccc2c1", "CC(C)(C)C#N", "C"])


def _encoder(depth: int) -> IsomorphismNetwork:
    torch.manual_seed(depth)
    encoder = IsomorphismNetwork(NetworkConfig(encoder="gine", hidden=10, depth=depth), VOCABULARY)
    with torch.no_grad():
        for layer in encoder.layers:
            layer.eps += 0.3
    return encoder.double()


def _reference(encoder: IsomorphismNetwork, graph: PackedGraphs) -> torch.Tensor:
    x = torch.tensor(VOCABULARY.atoms.features[VOCABULARY.atom_rows(graph.atom_codes)].sum(1))
    e = torch.tensor(VOCABULARY.bonds.features[VOCABULARY.bond_rows(graph.bond_codes)].sum(1))
    hidden = [encoder.W_v(row) for row in x.double()]
    for layer in encoder.layers:
        updated = []
        for v, own in enumerate(hidden):
            total = (1 + layer.eps) * own
            for number, (a, b) in enumerate(graph.bond_index.tolist()):
                if v in (a, b):
                    other = hidden[b if v == a else a]
                    total = total + torch.relu(other + encoder.W_e(e[number].double()))
            updated.append(torch.relu(own + layer.nn(total.reshape(1, -1))[0]))
        hidden = updated
    return torch.stack(hidden)


@pytest.mark.parametrize("depth", [1, 3])
def test_equals_the_equations(depth: int) -> None:
    encoder = _encoder(depth)
    found = encoder(make_batch(PACKED, None, VOCABULARY))
    expected = [_reference(encoder, PACKED.take(np.array([i]))) for i in range(len(PACKED))]
    torch.testing.assert_close(found, torch.cat(expected), rtol=1e-9, atol=1e-12)


def test_gradients_reach_every_weight() -> None:
    encoder = _encoder(2)
    encoder(make_batch(PACKED, None, VOCABULARY)).square().sum().backward()
    for name, weight in encoder.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name


def test_no_atoms_at_all() -> None:
    assert _encoder(2)(make_batch(PackedGraphs.empty(), None, VOCABULARY)).shape == (0, 10)
