from __future__ import annotations

import pickle
from typing import get_args

import pytest
import torch

from hitsieve.networks.activations import ACTIVATIONS, Activation
from hitsieve.networks.config import NetworkConfig

REFERENCE = {
    "relu": torch.nn.ReLU(),
    "leakyrelu": torch.nn.LeakyReLU(0.1),
    "elu": torch.nn.ELU(),
    "tanh": torch.nn.Tanh(),
    "gelu": torch.nn.GELU(),
    "silu": torch.nn.SiLU(),
}


def test_every_configurable_activation_exists() -> None:
    names = get_args(NetworkConfig.model_fields["activation"].annotation)
    assert set(names) == set(ACTIVATIONS) == set(REFERENCE)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_equals_torch(name: str) -> None:
    values = torch.linspace(-3, 3, 101, dtype=torch.float64)
    layer = pickle.loads(pickle.dumps(Activation(name)))  # noqa: S301 - made here
    expected = REFERENCE[name](values)
    torch.testing.assert_close(layer(values), expected)
    torch.testing.assert_close(layer.overwrite(values.clone()), expected)
    assert name in repr(layer)
