from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.training.config import TrainingConfig
from hitsieve.training.part import Part
from hitsieve.training.scaling import target_scaling

if TYPE_CHECKING:
    from hitsieve.training.data import TrainingSet


@pytest.mark.parametrize("encoder", ["dmpnn", "gine"])
def test_a_batch_costs_the_same_with_and_without_shared_environments(
    encoder: str, data: TrainingSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = NetworkConfig.model_validate({"encoder": encoder, "hidden": 8, "head_hidden": 8})
    scaling = target_scaling(data, TrainingConfig())
    part = Part(data, scaling, config, 0.0, torch.device("cpu"))
    torch.manual_seed(1)
    model = build_network(config, 2)
    rows = np.arange(0, 40, 3)
    loss, measured = part.loss(model, rows)
    # as on another device: the plain form of the network, on tensors made there
    monkeypatch.setattr("hitsieve.training.part.can_share", lambda _: False)
    plain, again = part.loss(model, rows)
    assert measured == again == 2 * len(rows)
    torch.testing.assert_close(loss, plain)


def test_gaps_are_not_counted(data: TrainingSet) -> None:
    y = data.y.copy()
    y[:5, 1] = np.nan
    gaps = type(data)(data.graphs, y, data.relation, data.tasks)
    config = NetworkConfig(hidden=8, head_hidden=8)
    part = Part(gaps, target_scaling(gaps, TrainingConfig()), config, 0.0, torch.device("cpu"))
    assert len(part) == len(data)
    assert part.loss(build_network(config, 2), np.arange(8))[1] == 16 - 5
