"""Fingerprints and descriptors beside the graph."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from hitsieve.graphs.batch import make_batch
from hitsieve.graphs.environments import find_environments
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.networks.shared import predict_shared
from hitsieve.networks.side import SIDE_COLUMNS, SIDE_COUNTS, SideInput

SMILES = ("CCO", "c1ccccc1C(=O)O", "CC(C)N")


def _table() -> torch.Tensor:
    generator = torch.Generator().manual_seed(2)
    table = torch.rand(len(SMILES), SIDE_COLUMNS, generator=generator)
    table[1, SIDE_COUNTS] = float("nan")
    table[:, SIDE_COUNTS + 1] = 4.0
    return table


def test_descriptors_are_standardized_and_gaps_become_the_mean() -> None:
    side, table = SideInput(NetworkConfig(side_hidden=3)), _table()
    side.standardize_by(table)
    seen: list[torch.Tensor] = []
    side.descriptors.register_forward_hook(lambda _m, given, _out: seen.append(given[0]))
    assert side(table).shape == (len(SMILES), 6)
    given = seen[0]
    assert given[1, 0] == 0  # not defined there
    assert (given[:, 1] == 0).all()  # the same for all
    assert_close(given[:, 2:].mean(dim=0), torch.zeros(given.shape[1] - 2), atol=1e-5, rtol=0)
    assert_close(given[:, 2:].std(dim=0, correction=0), torch.ones(given.shape[1] - 2))


def test_outliers_are_cut() -> None:
    side = SideInput(NetworkConfig(side_hidden=2))
    far, farther = torch.zeros(1, SIDE_COLUMNS), torch.zeros(1, SIDE_COLUMNS)
    far[:, SIDE_COUNTS:], farther[:, SIDE_COUNTS:] = 5.0, 500.0
    assert_close(side(far), side(farther))


@pytest.mark.parametrize("readout", ["mean", "norm"])
def test_the_shared_form_gives_the_same(readout: str) -> None:
    torch.manual_seed(3)
    config = NetworkConfig.model_validate(
        {"hidden": 12, "head_hidden": 7, "side_hidden": 5, "readout": readout}
    )
    network = build_network(config, 2).eval()
    graphs, table = PackedGraphs.from_smiles(SMILES), _table()
    with torch.inference_mode():
        expected = network(make_batch(graphs, None, network.vocabulary), table)
        environments = find_environments(graphs, network.vocabulary, config.depth)
        assert_close(predict_shared(network, environments, table), expected)
        other = network(make_batch(graphs, None, network.vocabulary), table.flip(0))
    assert not torch.allclose(expected, other)


def test_a_missing_table_is_refused() -> None:
    network = build_network(NetworkConfig(hidden=4, head_hidden=4, side_hidden=2), 1)
    graphs = PackedGraphs.from_smiles(SMILES)
    with pytest.raises(ValueError, match="beside graphs"):
        network(make_batch(graphs, None, network.vocabulary))
