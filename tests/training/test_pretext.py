from __future__ import annotations

import numpy as np
import pytest
import torch

from hitsieve.chem.pretext import Pretext
from hitsieve.errors import DatasetError
from hitsieve.graphs.packed import PackedGraphs
from hitsieve.training.pretext import PretextScale, PretextSet


def labels(n: int = 200) -> Pretext:
    rng = np.random.default_rng(0)
    descriptors = np.stack([rng.normal(5, 2, n), np.full(n, 3.0), rng.exponential(100, n)], axis=1)
    counts = rng.integers(0, 4, (n, 6)).astype(np.uint8)
    counts[:, 5] = 0
    return Pretext(descriptors.astype(np.float32), counts)


def test_targets_are_standardized_and_cut() -> None:
    found = labels()
    scale = PretextScale.fit(found)
    descriptors, counts = scale.targets(found)
    assert scale.used.tolist() == [0, 2]
    assert scale.columns == 8
    assert descriptors.shape == (200, 2)
    assert counts.shape == (200, 6)
    assert torch.allclose(descriptors.mean(dim=0), torch.zeros(2), atol=0.05)
    assert descriptors.abs().max() <= 5
    assert torch.allclose(counts.mean(dim=0), torch.zeros(6), atol=1e-5)
    assert (counts[:, 5] == 0).all()


def test_rare_counts_weigh_less() -> None:
    n = 400
    counts = np.zeros((n, 2), np.uint8)
    counts[::2, 0] = 1
    counts[0, 1] = 1
    scale = PretextScale.fit(Pretext(np.random.default_rng(0).normal(size=(n, 1)), counts))
    _, scaled = scale.targets(Pretext(np.zeros((n, 1)), counts))
    frequent, rare = scaled.square().mean(dim=0)
    assert rare < 0.2 * frequent


def test_unknown_descriptors_become_the_mean() -> None:
    found = labels()
    found.descriptors[3, 0] = np.nan
    descriptors, _ = PretextScale.fit(found).targets(found)
    assert descriptors[3, 0] == 0
    assert torch.isfinite(descriptors).all()


def test_nothing_to_learn_is_told() -> None:
    constant = Pretext(np.ones((20, 3), np.float32), np.zeros((20, 4), np.uint8))
    with pytest.raises(DatasetError, match="no descriptor varies"):
        PretextScale.fit(constant)


def test_graphs_and_labels_belong_together() -> None:
    with pytest.raises(DatasetError, match="2 graphs, but 200 rows"):
        PretextSet(PackedGraphs.from_smiles(["CC", "CCO"]), labels())
