from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch

from hitsieve.graphs.batch import make_batch
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import GraphNetwork, build_network
from hitsieve.testing.scorer_kit import SAMPLE_SMILES, shuffle_atoms

PACKED = PackedGraphs.from_smiles([*SAMPLE_SMILES, "[Na+]"])


def _network(encoder: str, readout: str = "mean") -> GraphNetwork:
    torch.manual_seed(1)
    settings = {"encoder": encoder, "readout": readout, "hidden": 24, "head_hidden": 16}
    return build_network(NetworkConfig.model_validate(settings), 3).eval()


@pytest.mark.parametrize("encoder", ["dmpnn", "gine", "attentivefp", "pna", "gps"])
@pytest.mark.parametrize("readout", ["mean", "sum", "norm", "attention"])
class TestEveryNetwork:
    def test_shapes(self, encoder: str, readout: str) -> None:
        network = _network(encoder, readout)
        batch = make_batch(PACKED, None, network.vocabulary)
        assert network(batch).shape == (len(PACKED), 3)
        assert network.embed(batch).shape == (len(PACKED), 24)
        torch.testing.assert_close(network.head(network.embed(batch)), network(batch))

    def test_atom_order_does_not_matter(self, encoder: str, readout: str) -> None:
        network = _network(encoder, readout)
        shuffled = shuffle_atoms(PACKED, np.random.default_rng(2))
        assert not np.array_equal(shuffled.atom_codes, PACKED.atom_codes)
        torch.testing.assert_close(
            network(make_batch(shuffled, None, network.vocabulary)),
            network(make_batch(PACKED, None, network.vocabulary)),
            rtol=1e-4,
            atol=1e-5,
        )

    def test_company_does_not_matter(self, encoder: str, readout: str) -> None:
        network = _network(encoder, readout)
        whole = network(make_batch(PACKED, None, network.vocabulary))
        for row in range(len(PACKED)):
            alone = network(make_batch(PACKED, np.array([row]), network.vocabulary))
            torch.testing.assert_close(alone[0], whole[row], rtol=1e-4, atol=1e-5)

    def test_pickle_and_state_keep_every_bit(self, encoder: str, readout: str) -> None:
        network = _network(encoder, readout)
        batch = make_batch(PACKED, None, network.vocabulary)
        copy = pickle.loads(pickle.dumps(network))  # noqa: S301 - our own bytes
        assert torch.equal(copy(batch), network(batch))
        fresh = build_network(network.config, 3).eval()
        assert not torch.equal(fresh(batch), network(batch))
        fresh.load_state_dict(network.state_dict())
        assert torch.equal(fresh(batch), network(batch))


def test_seed_decides_the_weights() -> None:
    states = []
    for _ in range(2):
        torch.manual_seed(9)
        states.append(build_network(NetworkConfig(hidden=8), 1).state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_a_network_without_targets_is_refused() -> None:
    with pytest.raises(ValueError, match="n_targets=0"):
        build_network(NetworkConfig(), 0)
