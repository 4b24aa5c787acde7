from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from hitsieve.graphs.batch import make_batch
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import GraphNetwork, build_network
from hitsieve.registry.config import TargetConfig
from hitsieve.scoring.gnn import GnnScorer, OutputScale, one_thread
from hitsieve.testing.scorer_kit import sample_batch

REGRESSION = TargetConfig(
    name="a", endpoint="pIC50", unit="pX", direction="higher", task="regression", mean=6, std=2
)
CLASSES = TargetConfig(
    name="b", endpoint="active", unit="", direction="higher", task="classification", mean=-1, std=9
)


def _networks(n: int, outputs: int = 2) -> list[GraphNetwork]:
    torch.manual_seed(0)
    config = NetworkConfig(hidden=16, head_hidden=16)
    return [build_network(config, outputs) for _ in range(n)]


def test_mean_and_spread_are_over_members_in_the_endpoints_unit() -> None:
    batch = sample_batch()
    members = _networks(3)
    graphs = make_batch(batch.graphs, None, members[0].vocabulary)
    raw = np.stack([m.eval()(graphs).detach().numpy() for m in members]).astype(np.float64)
    regression = raw[..., 0] * 2 + 6
    probability = 1 / (1 + np.exp(-(raw[..., 1] * 9 - 1)))
    values = np.stack([regression, probability], axis=-1)
    found = GnnScorer(members, [REGRESSION, CLASSES]).score(batch)
    assert_allclose(found.mean, values.mean(axis=0), rtol=1e-5)
    assert_allclose(found.std, values.std(axis=0), rtol=1e-3, atol=1e-6)
    assert found.std.min() > 0


def test_learned_variances_join_the_spread_of_the_ensemble() -> None:
    batch = sample_batch()
    torch.manual_seed(0)
    config = NetworkConfig(hidden=16, head_hidden=16, spread=True)
    members = [build_network(config, 2) for _ in range(3)]
    graphs = make_batch(batch.graphs, None, members[0].vocabulary)
    raw = np.stack([m.eval()(graphs).detach().numpy() for m in members]).astype(np.float64)
    assert raw.shape == (3, len(batch), 4)
    between = (raw[..., 0] * 2).var(axis=0)
    learned = (np.exp(raw[..., 2]) * 2**2).mean(axis=0)
    found = GnnScorer(members, [REGRESSION, CLASSES]).score(batch)
    assert_allclose(found.mean[:, 0], (raw[..., 0] * 2 + 6).mean(axis=0), rtol=1e-5)
    assert_allclose(found.std[:, 0], np.sqrt(between + learned), rtol=1e-3)
    probability = 1 / (1 + np.exp(-(raw[..., 1] * 9 - 1)))
    assert_allclose(found.std[:, 1], probability.std(axis=0), rtol=1e-3, atol=1e-6)
    with pytest.raises(ValueError, match="unlike member 0"):
        GnnScorer([*members, *_networks(1)], [REGRESSION, CLASSES])


def test_one_member_has_no_spread() -> None:
    found = GnnScorer(_networks(1), [REGRESSION, CLASSES]).score(sample_batch())
    assert (found.std == 0).all()


@pytest.mark.parametrize("max_atoms", [1, 30, 10_000])
def test_size_of_a_pass_does_not_change_values(max_atoms: int) -> None:
    batch, members = sample_batch(), _networks(2)
    expected = GnnScorer(members, [REGRESSION, CLASSES]).score(batch)
    found = GnnScorer(members, [REGRESSION, CLASSES], max_atoms=max_atoms).score(batch)
    assert_allclose(found.mean, expected.mean, rtol=1e-5)


def test_a_molecule_without_bonds_gets_a_value() -> None:
    found = GnnScorer(_networks(1), [REGRESSION, CLASSES]).score(sample_batch(["[Na+]", "C"]))
    assert np.isfinite(found.mean).all()


def test_large_logits_saturate_without_a_warning() -> None:
    scale = OutputScale.of([CLASSES])
    raw = np.array([[-1e30], [1e30]], dtype=np.float32)
    assert scale.apply(raw).tolist() == [[0.0], [1.0]]


def test_scoring_leaves_training_state_and_threads_as_they_were() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    scorer = GnnScorer(_networks(1), [REGRESSION, CLASSES])
    assert not scorer.members[0].training


def test_thread_count_does_not_change_a_bit() -> None:
    scorer, batch = GnnScorer(_networks(2), [REGRESSION, CLASSES]), sample_batch()
    before = torch.get_num_threads()
    found = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        found.append(scorer.score(batch).mean)
    torch.set_num_threads(before)
    assert_array_equal(found[0], found[1])


def test_members_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        GnnScorer([], [REGRESSION])
    with pytest.raises(ValueError, match="member 0 has 2 outputs for 1 targets"):
        GnnScorer(_networks(1), [REGRESSION])
