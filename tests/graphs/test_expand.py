from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hitsieve.graphs.batch import make_batch
from hitsieve.graphs.expand import CodeTensors, Expander
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.graphs.vocabulary import load_vocabulary
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.networks.shared import predict_shared
from hitsieve.testing.scorer_kit import SAMPLE_SMILES

CPU = torch.device("cpu")
VOCABULARY = load_vocabulary("chemprop_v2")
GRAPHS = PackedGraphs.from_smiles(SAMPLE_SMILES)


def expanded(graphs: PackedGraphs, depth: int = 3):  # noqa: ANN201 - inferred in tests
    return Expander(VOCABULARY, depth, CPU)(CodeTensors.of(graphs).to(CPU))


@pytest.mark.parametrize("depth", [1, 2, 4])
@pytest.mark.parametrize("readout", ["mean", "sum", "norm"])
def test_networks_compute_expanded_graphs_as_batches(depth: int, readout: str) -> None:
    torch.manual_seed(1)
    config = NetworkConfig(hidden=12, head_hidden=12, depth=depth, readout=readout)
    network = build_network(config, 2).eval()
    with torch.inference_mode():
        found = predict_shared(network, expanded(GRAPHS, depth))
        expected = network(make_batch(GRAPHS, None, VOCABULARY))
    assert torch.allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_runs_hold_the_bonds_behind_and_never_the_way_back() -> None:
    propane = PackedGraphs.from_smiles(["CCC"])
    graphs = expanded(propane)
    first, second = propane.bond_index.tolist()
    ends = [tuple(first), tuple(first[::-1]), tuple(second), tuple(second[::-1])]
    level = graphs.bonds[0]
    runs = [level.rows[level.offsets[i] : level.offsets[i + 1]].tolist() for i in range(len(level))]
    for edge, run in enumerate(runs):
        behind = [
            other + 4
            for other, (_, target) in enumerate(ends)
            if target == ends[edge][0] and other != edge ^ 1
        ]
        assert run == [edge, *behind]


@given(st.lists(st.sampled_from(range(len(SAMPLE_SMILES))), max_size=5))
@settings(deadline=None, max_examples=20)
def test_any_batch_expands_molecule_by_molecule(places: list[int]) -> None:
    part = GRAPHS.take(np.array(places, dtype=np.int64))
    graphs = expanded(part)
    assert len(graphs) == len(places)
    assert graphs.graph_offsets.tolist() == part.atom_offsets.tolist()
    assert graphs.atom_rows.tolist() == VOCABULARY.atom_rows(part.atom_codes).tolist()
    assert len(graphs.bond_source) == 2 * len(part.bond_codes)
    assert len(graphs.atoms) == len(part.atom_codes)
    assert len(graphs.atoms.rows) == len(part.atom_codes) + 2 * len(part.bond_codes)


def test_codes_travel_as_bytes() -> None:
    codes = CodeTensors.of(GRAPHS)
    assert codes.atom_codes.dtype == codes.bond_index.dtype == codes.bond_codes.dtype == torch.uint8
