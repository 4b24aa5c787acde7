"""Molecules in a network's own space: in order, however they are batched."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hitsieve.graphs.batch import make_batch
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.registry.config import TargetConfig
from hitsieve.scoring.blend import BlendScorer
from hitsieve.scoring.embed import embed, networks_of
from hitsieve.scoring.gnn import GnnScorer
from hitsieve.scoring.stacking import Stack
from hitsieve.testing.scorer_kit import SAMPLE_SMILES, sample_batch

TARGET = TargetConfig(name="a", endpoint="pIC50", unit="pX", direction="higher", task="regression")


def _ensemble(max_atoms: int = 4096, **network: object) -> GnnScorer:
    torch.manual_seed(3)
    config = NetworkConfig.model_validate({"hidden": 12, "head_hidden": 8, **network})
    members = [build_network(config, 1) for _ in range(2)]
    return GnnScorer(members, (TARGET,), max_atoms=max_atoms)


@pytest.mark.parametrize("encoder", ["dmpnn", "gine"])
def test_vectors_are_those_the_first_network_hands_to_its_head(encoder: str) -> None:
    ensemble, graphs = _ensemble(encoder=encoder), sample_batch().graphs
    found = embed(ensemble, graphs)
    assert found.shape == (len(SAMPLE_SMILES), 12)
    assert found.dtype == np.float32
    with torch.inference_mode():
        batch = make_batch(graphs, None, ensemble.vocabulary)
        expected = ensemble.members[0].embed(batch).numpy()
        other = ensemble.members[1].embed(batch).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert not np.allclose(found, other, atol=1e-3)


@pytest.mark.parametrize("encoder", ["dmpnn", "gine"])
def test_the_size_of_a_pass_changes_no_vector_and_no_place(encoder: str) -> None:
    graphs = sample_batch().graphs
    whole = embed(_ensemble(encoder=encoder), graphs)
    pieces = embed(_ensemble(60, encoder=encoder), graphs)
    np.testing.assert_allclose(pieces, whole, rtol=1e-4, atol=1e-5)
    backwards = np.arange(len(SAMPLE_SMILES))[::-1].copy()
    turned = embed(_ensemble(60, encoder=encoder), graphs.take(backwards))
    np.testing.assert_allclose(turned, whole[backwards], rtol=1e-4, atol=1e-5)


def test_no_molecule_has_no_vector() -> None:
    graphs = sample_batch().graphs.take(np.empty(0, np.int64))
    assert embed(_ensemble(), graphs).shape == (0, 12)


def test_training_state_and_threads_stay_as_they_were() -> None:
    ensemble, threads = _ensemble(), torch.get_num_threads()
    embed(ensemble, sample_batch().graphs)
    assert torch.get_num_threads() == threads
    assert not torch.is_inference_mode_enabled()


class _NoNetwork:
    """A member that is no network."""

    targets = ("a",)


def test_networks_are_found_in_a_blend_and_their_absence_is_told() -> None:
    ensemble = _ensemble()
    assert networks_of(ensemble) is ensemble
    stack = Stack(np.array([0.5, 0.5]), 0.0, "regression")
    members = {"extra_trees": _NoNetwork(), "network": ensemble}
    assert networks_of(BlendScorer(members, [stack])) is ensemble  # type: ignore[arg-type]
    alone = BlendScorer({"extra_trees": _NoNetwork()}, [Stack(np.ones(1), 0.0, "regression")])  # type: ignore[dict-item]
    with pytest.raises(ValueError, match=r"blend of \['extra_trees'\] has no network"):
        networks_of(alone)
