"""PNA against its equations, looped over atoms and neighbors."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from hitsieve.graphs.batch import make_batch
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.graphs.vocabulary import load_vocabulary
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.encoders.pna import DEGREES, PrincipalAggregation

VOCABULARY = load_vocabulary("chemprop_v2")
PACKED = PackedGraphs.from_smiles(["CCO", "[Na+]", "c1ccc2[nH]ccc2c1", "CC(C)(C)C#N", "C"])


def _encoder(depth: int) -> PrincipalAggregation:
    torch.manual_seed(depth)
    config = NetworkConfig(encoder="pna", hidden=10, depth=depth)
    return PrincipalAggregation(config, VOCABULARY).double()


def _aggregated(messages: list[torch.Tensor], delta: float) -> torch.Tensor:
    if not messages:
        return torch.zeros(12 * 10, dtype=torch.float64)
    stacked = torch.stack(messages)
    variance = stacked.square().mean(0) - stacked.mean(0).square()
    spread = variance.clamp(min=1e-5).sqrt()
    spread = torch.where(spread <= math.sqrt(1e-5), torch.zeros_like(spread), spread)
    joined = torch.cat([stacked.mean(0), stacked.min(0)[0], stacked.max(0)[0], spread])
    amplify = math.log(len(messages) + 1) / delta
    return torch.cat([joined, joined * amplify, joined / amplify])


def _reference(encoder: PrincipalAggregation, graph: PackedGraphs) -> torch.Tensor:
    x = torch.tensor(VOCABULARY.atoms.features[VOCABULARY.atom_rows(graph.atom_codes)].sum(1))
    e = torch.tensor(VOCABULARY.bonds.features[VOCABULARY.bond_rows(graph.bond_codes)].sum(1))
    delta = sum(n * math.log(d + 1) for d, n in enumerate(DEGREES)) / sum(DEGREES)
    hidden = [encoder.W_v(row) for row in x.double()]
    for layer in encoder.layers:
        updated = []
        for v, own in enumerate(hidden):
            messages = []
            for number, ends in enumerate(graph.bond_index.tolist()):
                if v in ends:
                    other = hidden[ends[1] if v == ends[0] else ends[0]]
                    bond = layer.edge_encoder(encoder.W_e(e[number].double()))
                    messages.append(layer.pre_nns[0](torch.cat([own, other, bond])))
            told = layer.lin(layer.post_nns[0](torch.cat([own, _aggregated(messages, delta)])))
            updated.append(torch.relu(own + told))
        hidden = updated
    return torch.stack(hidden)


@pytest.mark.parametrize("depth", [1, 3])
def test_equals_the_equations(depth: int) -> None:
    encoder = _encoder(depth)
    found = encoder(make_batch(PACKED, None, VOCABULARY))
    expected = [_reference(encoder, PACKED.take(np.array([i]))) for i in range(len(PACKED))]
    torch.testing.assert_close(found, torch.cat(expected), rtol=1e-6, atol=1e-8)


def test_gradients_reach_every_weight() -> None:
    encoder = _encoder(2)
    encoder(make_batch(PACKED, None, VOCABULARY)).square().sum().backward()
    for name, weight in encoder.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name
        assert weight.grad.abs().sum() > 0, name


def test_no_atoms_at_all() -> None:
    assert _encoder(2)(make_batch(PackedGraphs.empty(), None, VOCABULARY)).shape == (0, 10)
