from __future__ import annotations

import numpy as np
import pytest
import torch

from hitsieve.graphs.batch import make_batch
from hitsieve.graphs.environments import find_environments
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import GraphNetwork, build_network
from hitsieve.networks.shared import can_share, predict_shared
from hitsieve.testing.scorer_kit import SAMPLE_SMILES

PACKED = PackedGraphs.from_smiles(
    [*SAMPLE_SMILES, "[Na+]", *SAMPLE_SMILES[3:7], "C[Te]C", "C[C@H](N)C(=O)O", "F/C=C/Cl"]
)


def _network(**settings: object) -> GraphNetwork:
    torch.manual_seed(2)
    config = NetworkConfig.model_validate({"hidden": 20, "head_hidden": 12, **settings})
    return build_network(config, 2).double().eval()


def _both(network: GraphNetwork, packed: PackedGraphs) -> tuple[torch.Tensor, torch.Tensor]:
    with torch.inference_mode():
        plain = network(make_batch(packed, None, network.vocabulary))
        found = find_environments(packed, network.vocabulary, network.config.depth)
        return predict_shared(network, found), plain


@pytest.mark.parametrize("depth", [1, 2, 3, 6])
@pytest.mark.parametrize("readout", ["mean", "sum", "norm"])
def test_equals_the_plain_network(depth: int, readout: str) -> None:
    network = _network(depth=depth, readout=readout, dropout=0.3)
    shared, plain = _both(network, PACKED)
    torch.testing.assert_close(shared, plain, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("activation", ["leakyrelu", "elu", "tanh", "gelu", "silu"])
def test_equals_the_plain_network_with_other_activations_and_bias(activation: str) -> None:
    network = _network(activation=activation, bias=True, head_layers=2)
    shared, plain = _both(network, PACKED)
    torch.testing.assert_close(shared, plain, rtol=1e-10, atol=1e-13)


def test_equals_the_plain_network_in_single_precision() -> None:
    shared, plain = _both(_network(hidden=64).float(), PACKED)
    torch.testing.assert_close(shared, plain, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("smiles", [[], ["C"], ["[Na+]", "C"]])
def test_molecules_without_bonds(smiles: list[str]) -> None:
    shared, plain = _both(_network(), PackedGraphs.from_smiles(smiles))
    assert shared.shape == (len(smiles), 2)
    torch.testing.assert_close(shared, plain)


def test_a_molecule_without_atoms() -> None:
    hollow = PackedGraphs(
        np.concatenate([[0], PACKED.n_atoms]),
        np.concatenate([[0], PACKED.n_bonds]),
        PACKED.atom_codes,
        PACKED.bond_index,
        PACKED.bond_codes,
    )
    shared, plain = _both(_network(), hollow)
    torch.testing.assert_close(shared, plain)


@pytest.mark.parametrize("settings", [{}, {"bias": True, "activation": "elu", "depth": 4}])
def test_gradients_are_those_of_the_plain_network(settings: dict[str, object]) -> None:
    network = _network(**settings).train()
    assert can_share(network)
    gradients = []
    for shared in (True, False):
        network.zero_grad()
        if shared:
            found = find_environments(PACKED, network.vocabulary, network.config.depth)
            outputs = predict_shared(network, found)
        else:
            outputs = network(make_batch(PACKED, None, network.vocabulary))
        outputs.square().mean().backward()  # type: ignore[no-untyped-call]
        gradients.append({name: p.grad.clone() for name, p in network.named_parameters()})
    for name, value in gradients[0].items():
        torch.testing.assert_close(value, gradients[1][name], rtol=1e-9, atol=1e-12)


def test_dropout_forbids_sharing_in_training_only() -> None:
    network = _network(dropout=0.1)
    assert can_share(network.eval())
    assert not can_share(network.train())


def test_networks_without_a_shared_form_are_told() -> None:
    gine = _network(encoder="gine")
    assert not can_share(gine)
    assert can_share(_network())
    with pytest.raises(TypeError, match="IsomorphismNetwork"):
        predict_shared(gine, find_environments(PACKED, gine.vocabulary, 3))
