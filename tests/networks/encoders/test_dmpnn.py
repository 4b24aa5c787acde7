"""The network against a slow implementation that loops over atoms, bonds and neighbors."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hitsieve.graphs.batch import GraphBatch, make_batch
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.graphs.vocabulary import load_vocabulary
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.encoders.dmpnn import DirectedMessagePassing

VOCABULARY = load_vocabulary("chemprop_v2")
SMILES = ["CCO", "[Na+]", "c1ccc2[nH]ccc2c1", "CC(C)(C)C#N", "C", "C[C@H](N)C(=O)O", "O=S(=O)(C)C"]
PACKED = PackedGraphs.from_smiles(SMILES)


def _encoder(depth: int, *, hidden: int = 12, dropout: float = 0.0) -> DirectedMessagePassing:
    torch.manual_seed(depth)
    config = NetworkConfig(hidden=hidden, depth=depth, dropout=dropout)
    return DirectedMessagePassing(config, VOCABULARY).double()


def _reference(encoder: DirectedMessagePassing, graph: PackedGraphs) -> torch.Tensor:
    """Hidden states of the atoms of one molecule, as the equations are written."""
    x = torch.tensor(VOCABULARY.atoms.features[VOCABULARY.atom_rows(graph.atom_codes)].sum(1))
    e = torch.tensor(VOCABULARY.bonds.features[VOCABULARY.bond_rows(graph.bond_codes)].sum(1))
    x, e = x.double(), e.double()
    bond = {}
    for number, (v, w) in enumerate(graph.bond_index.tolist()):
        bond[v, w] = bond[w, v] = e[number]
    neighbors = {v: [w for (u, w) in bond if u == v] for v in range(len(x))}
    width = encoder.width
    start = {(v, w): encoder.W_i(torch.cat([x[v], bond[v, w]])) for v, w in bond}
    hidden = {edge: torch.relu(value) for edge, value in start.items()}
    for _ in range(1, encoder.depth):
        updated = {}
        for v, w in bond:
            message = torch.zeros(width, dtype=torch.float64)
            for u in neighbors[v]:
                if u != w:
                    message = message + hidden[u, v]
            updated[v, w] = torch.relu(start[v, w] + encoder.W_h(message))
        hidden = updated
    atoms = []
    for v in range(len(x)):
        message = torch.zeros(width, dtype=torch.float64)
        for u in neighbors[v]:
            message = message + hidden[u, v]
        atoms.append(torch.relu(encoder.W_o(torch.cat([x[v], message]))))
    return torch.stack(atoms)


@pytest.mark.parametrize("depth", [1, 2, 3, 6])
def test_equals_the_equations(depth: int) -> None:
    encoder = _encoder(depth)
    found = encoder(make_batch(PACKED, None, VOCABULARY))
    expected = [_reference(encoder, PACKED.take(np.array([i]))) for i in range(len(PACKED))]
    torch.testing.assert_close(found, torch.cat(expected), rtol=1e-9, atol=1e-12)


def test_weights_have_chemprops_names_and_shapes() -> None:
    shapes = {name: tuple(w.shape) for name, w in _encoder(3, hidden=300).state_dict().items()}
    assert shapes == {
        "W_i.weight": (300, 86),
        "W_h.weight": (300, 300),
        "W_o.weight": (300, 372),
        "W_o.bias": (300,),
    }


def test_gradients_reach_every_weight() -> None:
    encoder = _encoder(3)
    encoder(make_batch(PACKED, None, VOCABULARY)).sum().backward()
    for name, weight in encoder.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.abs().sum() > 0, name


def test_gradients_are_those_of_the_reference() -> None:
    encoder = _encoder(3)
    encoder(make_batch(PACKED, np.array([2]), VOCABULARY)).square().sum().backward()
    found = {name: w.grad.clone() for name, w in encoder.named_parameters() if w.grad is not None}
    encoder.zero_grad()
    _reference(encoder, PACKED.take(np.array([2]))).square().sum().backward()
    for name, weight in encoder.named_parameters():
        torch.testing.assert_close(found[name], weight.grad, rtol=1e-8, atol=1e-10)


def test_dropout_acts_in_training_only() -> None:
    encoder = _encoder(3, dropout=0.5)
    batch = make_batch(PACKED, None, VOCABULARY)
    torch.manual_seed(0)
    first, second = encoder(batch), encoder(batch)
    assert not torch.equal(first, second)
    encoder.eval()
    assert torch.equal(encoder(batch), encoder(batch))


def test_molecules_do_not_see_each_other() -> None:
    encoder = _encoder(4)
    whole = encoder(make_batch(PACKED, None, VOCABULARY))
    for row in range(len(PACKED)):
        alone = encoder(make_batch(PACKED, np.array([row]), VOCABULARY))
        start, stop = PACKED.atom_offsets[row : row + 2]
        torch.testing.assert_close(whole[start:stop], alone, rtol=1e-9, atol=1e-12)


def test_no_atoms_at_all() -> None:
    batch: GraphBatch = make_batch(PackedGraphs.empty(), None, VOCABULARY)
    assert _encoder(3)(batch).shape == (0, 12)
