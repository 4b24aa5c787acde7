from __future__ import annotations

import copy
import pickle

import torch

from hitsieve.graphs.environments import find_environments
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.networks.reduced import in_bfloat16
from hitsieve.networks.shared import predict_shared
from hitsieve.testing.scorer_kit import SAMPLE_SMILES


def test_a_copy_in_bfloat16_predicts_nearly_the_same_in_float() -> None:
    torch.manual_seed(3)
    network = build_network(NetworkConfig(hidden=64, head_layers=2), 2).eval()
    before = copy.deepcopy(network.state_dict())
    reduced = pickle.loads(pickle.dumps(in_bfloat16(network)))  # noqa: S301 - made here
    assert reduced.encoder.W_h.weight.dtype == torch.bfloat16
    graphs = PackedGraphs.from_smiles(list(SAMPLE_SMILES))
    found = find_environments(graphs, network.vocabulary, network.config.depth)
    with torch.inference_mode():
        exact, near = predict_shared(network, found), predict_shared(reduced, found)
    assert near.dtype == torch.float32
    assert not torch.equal(exact, near)
    torch.testing.assert_close(near, exact, rtol=0.05, atol=0.05 * float(exact.std()))
    # the last layer is no bfloat16: its outputs are finer than 8 bits of significand
    assert not torch.equal(near, near.bfloat16().float())
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[name])
