"""The arrays of a blend: their names, their layout, and what does not fit them.

That a whole blend comes back bit for bit is tested with the blend itself.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from numpy.testing import assert_array_equal

from hitsieve.errors import ChecksumError
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.registry.config import TargetConfig
from hitsieve.scoring.blend import BlendConfig, BlendScorer
from hitsieve.scoring.blend_arrays import blend_arrays, blend_from_arrays
from hitsieve.scoring.fit_members import MemberData, fit_members
from hitsieve.scoring.gnn import GnnScorer
from hitsieve.scoring.inputs import Inputs
from hitsieve.scoring.stacking import Stack
from hitsieve.scoring.trees import ForestConfig
from hitsieve.testing.scorer_kit import SAMPLE_SMILES, sample_batch

TARGETS = (
    TargetConfig(name="a", endpoint="pIC50", unit="pX", direction="higher", task="regression"),
    TargetConfig(name="b", endpoint="hit", unit="", direction="lower", task="classification"),
)


def _ensemble() -> GnnScorer:
    torch.manual_seed(0)
    network = NetworkConfig(hidden=8, head_hidden=8, side_hidden=4)
    return GnnScorer([build_network(network, 2)], TARGETS)


def _blend(*kinds: str) -> BlendScorer:
    n = len(SAMPLE_SMILES)
    y = np.stack([np.linspace(4, 9, n), (np.arange(n) % 2).astype(float)], axis=1)
    data = MemberData(
        Inputs.from_smiles(SAMPLE_SMILES), y, ("a", "b"), ("regression", "classification")
    )
    config = BlendConfig.model_validate(
        {"members": kinds, "folds": 3, "penalties": (1.0,), "trees": ForestConfig(trees=5)}
    )
    members = {kind: one.scorer for kind, one in fit_members(data, config, 3).items()}
    weights = np.arange(1.0, len(kinds) + 2)
    stacks = [
        Stack(weights / weights.sum(), 0.25, "regression"),
        Stack(weights[::-1] / weights.sum(), -0.5, "classification"),
    ]
    return BlendScorer({"network": _ensemble(), **members}, stacks)


@pytest.fixture(scope="module")
def trees() -> BlendScorer:
    return _blend("extra_trees")


@pytest.fixture(scope="module")
def kernels() -> BlendScorer:
    return _blend("gaussian_process", "support_vectors")


def test_names_tell_whose_arrays_they_are(trees: BlendScorer, kernels: BlendScorer) -> None:
    def first(blend: BlendScorer) -> set[str]:
        return {name.split(".")[0] for name in blend_arrays(blend)}

    assert first(trees) == {"stack", "extra_trees"}, "no weights of networks, no reference"
    assert first(kernels) == {"stack", "reference", "gaussian_process", "support_vectors"}
    reference = [name for name in blend_arrays(kernels) if name.startswith("reference.")]
    assert len(reference) == len(set(reference)) > 0, "kept once for both kernel members"


def test_weights_are_a_row_a_target(trees: BlendScorer) -> None:
    arrays = blend_arrays(trees)
    assert_array_equal(arrays["stack.weights"], np.array([[1, 2], [2, 1]]) / 3)
    assert_array_equal(arrays["stack.intercepts"], [0.25, -0.5])
    again = blend_from_arrays(arrays, ("network", "extra_trees"), _ensemble(), TARGETS)
    assert [stack.task for stack in again.stacks] == ["regression", "classification"]
    assert [stack.intercept for stack in again.stacks] == [0.25, -0.5]


def test_arrays_lie_in_memory_as_they_are_read(trees: BlendScorer, kernels: BlendScorer) -> None:
    for blend in (trees, kernels):
        assert all(array.flags["C_CONTIGUOUS"] for array in blend_arrays(blend).values())


@pytest.mark.parametrize("name", ["trees", "kernels"])
def test_a_blend_comes_back(name: str, request: pytest.FixtureRequest) -> None:
    blend: BlendScorer = request.getfixturevalue(name)
    again = blend_from_arrays(blend_arrays(blend), tuple(blend.members), _ensemble(), TARGETS)
    assert tuple(again.members) == tuple(blend.members)
    found, expected = again.score(sample_batch()), blend.score(sample_batch())
    assert_array_equal(found.mean, expected.mean)
    assert_array_equal(found.std, expected.std)


def test_weights_of_another_blend_are_refused(trees: BlendScorer) -> None:
    arrays = blend_arrays(trees)
    kinds = ("network", "extra_trees")
    for wrong in (arrays["stack.weights"][:, :1], arrays["stack.weights"][:1]):
        with pytest.raises(ChecksumError, match="blend of 2 members for 2 targets has no weights"):
            blend_from_arrays(arrays | {"stack.weights": wrong}, kinds, _ensemble(), TARGETS)


def test_a_scale_that_is_missing_is_named(trees: BlendScorer) -> None:
    arrays = blend_arrays(trees)
    for lost in ("used", "mean", "std"):
        left = {name: a for name, a in arrays.items() if name != f"extra_trees.scale.{lost}"}
        with pytest.raises(ChecksumError, match=rf"\['{lost}'\] of the scale are missing"):
            blend_from_arrays(left, ("network", "extra_trees"), _ensemble(), TARGETS)
