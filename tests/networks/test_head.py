from __future__ import annotations

import pytest
import torch

from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.head import Head


@pytest.mark.parametrize(
    ("layers", "shapes"),
    [
        (0, [(2, 8)]),
        (1, [(5, 8), (2, 5)]),
        (3, [(5, 8), (5, 5), (5, 5), (2, 5)]),
    ],
)
def test_layers(layers: int, shapes: list[tuple[int, int]]) -> None:
    head = Head(NetworkConfig(hidden=8, head_hidden=5, head_layers=layers), 2)
    assert [tuple(p.shape) for p in head.parameters() if p.ndim == 2] == shapes
    assert head(torch.ones(4, 8)).shape == (4, 2)


def test_value_with_one_hidden_layer() -> None:
    head = Head(NetworkConfig(hidden=8, head_hidden=5, head_layers=1), 2)
    first, last = (m for m in head if isinstance(m, torch.nn.Linear))
    x = torch.linspace(-1, 1, 8)[None]
    expected = torch.relu(x @ first.weight.T + first.bias) @ last.weight.T + last.bias
    torch.testing.assert_close(head(x), expected)
