"""The graph transformer against its equations, one molecule at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from hitsieve.config import parse_config
from hitsieve.errors import ConfigError
from hitsieve.graphs.batch import make_batch
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.graphs.vocabulary import load_vocabulary
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.encoders.gps import WALK_STEPS, GraphTransformer, return_probabilities

VOCABULARY = load_vocabulary("chemprop_v2")
PACKED = PackedGraphs.from_smiles(["CCO", "[Na+]", "c1ccc2[nH]ccc2c1", "CC(C)(C)C#N", "C"])
WIDTH, HEADS = 12, 3


def _encoder(depth: int) -> GraphTransformer:
    torch.manual_seed(depth)
    config = NetworkConfig(encoder="gps", hidden=WIDTH, heads=HEADS, depth=depth)
    return GraphTransformer(config, VOCABULARY).double()


def _walks(graph: PackedGraphs) -> torch.Tensor:
    n = int(graph.n_atoms[0])
    step = np.zeros((n, n))
    for a, b in graph.bond_index:
        step[a, b] = step[b, a] = 1
    step /= np.maximum(step.sum(1, keepdims=True), 1)
    powers = [np.linalg.matrix_power(step, k + 1).diagonal() for k in range(WALK_STEPS)]
    return torch.tensor(np.stack(powers, axis=1))


def _attention(layer: torch.nn.MultiheadAttention, h: torch.Tensor) -> torch.Tensor:
    q, k, v = functional.linear(h, layer.in_proj_weight, layer.in_proj_bias).chunk(3, dim=1)
    size = WIDTH // HEADS
    heads = []
    for head in range(HEADS):
        part = slice(head * size, (head + 1) * size)
        weights = torch.softmax(q[:, part] @ k[:, part].T / size**0.5, dim=1)
        heads.append(weights @ v[:, part])
    found: torch.Tensor = layer.out_proj(torch.cat(heads, dim=1))
    return found


def _reference(encoder: GraphTransformer, graph: PackedGraphs) -> torch.Tensor:
    x = torch.tensor(VOCABULARY.atoms.features[VOCABULARY.atom_rows(graph.atom_codes)].sum(1))
    e = torch.tensor(VOCABULARY.bonds.features[VOCABULARY.bond_rows(graph.bond_codes)].sum(1))
    hidden = encoder.W_v(x.double()) + encoder.W_p(_walks(graph))
    for layer in encoder.layers:
        heard = torch.zeros_like(hidden)
        for number, (a, b) in enumerate(graph.bond_index.tolist()):
            bond = encoder.W_e(e[number].double())
            heard[a] = heard[a] + torch.relu(hidden[b] + bond)
            heard[b] = heard[b] + torch.relu(hidden[a] + bond)
        local = layer.norm1(hidden + layer.conv.nn(hidden + heard))
        far = layer.norm2(hidden + _attention(layer.attn, hidden))
        z = local + far
        hidden = layer.norm3(z + layer.mlp(z))
    return hidden


@pytest.mark.parametrize("depth", [1, 3])
def test_equals_the_equations(depth: int) -> None:
    encoder = _encoder(depth)
    expected = [_reference(encoder, PACKED.take(np.array([i]))) for i in range(len(PACKED))]
    batch = make_batch(PACKED, None, VOCABULARY)
    torch.testing.assert_close(encoder(batch), torch.cat(expected), rtol=1e-6, atol=1e-7)
    with torch.inference_mode():  # attention takes another path there
        found = encoder.eval()(batch)
    torch.testing.assert_close(found, torch.cat(expected), rtol=1e-6, atol=1e-7)


def test_walks_tell_rings_from_chains() -> None:
    graphs = PackedGraphs.from_smiles(["C1CC1", "CCC"])
    ring, chain = return_probabilities(make_batch(graphs, None, VOCABULARY), 3).split(3)
    assert ring[0].tolist() == pytest.approx([0, 0.5, 0.25])
    assert chain[:, 1].tolist() == pytest.approx([0.5, 1.0, 0.5])
    assert chain[:, 2].tolist() == [0, 0, 0]


def test_gradients_reach_every_weight() -> None:
    encoder = _encoder(2)
    encoder(make_batch(PACKED, None, VOCABULARY)).pow(3).sum().backward()
    for name, weight in encoder.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all(), name
        assert weight.grad.abs().sum() > 0, name


def test_no_atoms_at_all() -> None:
    assert _encoder(2)(make_batch(PackedGraphs.empty(), None, VOCABULARY)).shape == (0, WIDTH)


def test_heads_must_divide_the_width() -> None:
    with pytest.raises(ConfigError, match=r"hidden \(100\) must be a multiple of heads \(8\)"):
        parse_config(NetworkConfig, {"encoder": "gps", "hidden": 100, "heads": 8})
