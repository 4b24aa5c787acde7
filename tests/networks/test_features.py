from __future__ import annotations

import numpy as np
import torch

from hitsieve.networks.features import FeatureTable


def test_look_up_equals_the_product_with_summed_features() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(7, 4)).astype(np.float32)
    rows = torch.tensor(rng.integers(0, 7, (5, 3)), dtype=torch.int32)
    weight = torch.tensor(rng.normal(size=(6, 4)).astype(np.float32), requires_grad=True)
    x = torch.tensor(features)[rows.long()].sum(dim=1)
    found = FeatureTable(features)(weight, rows)
    torch.testing.assert_close(found, x @ weight.T)
    (gradient,) = torch.autograd.grad(found.square().sum(), weight)
    (expected,) = torch.autograd.grad((x @ weight.T).square().sum(), weight)
    torch.testing.assert_close(gradient, expected)


def test_features_are_no_weights() -> None:
    table = FeatureTable(np.ones((2, 2), dtype=np.float32))
    assert list(table.parameters()) == []
    assert table.state_dict() == {}
