"""Several kinds of models as one, fitted, stored and brought back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import safetensors.numpy
import torch
from numpy.testing import assert_allclose, assert_array_equal
from pydantic import ValidationError
from scipy.special import expit, logit

from hitsieve.errors import ChecksumError
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.registry.config import TargetConfig
from hitsieve.scoring.blend import KERNEL_KINDS, BlendConfig, BlendScorer
from hitsieve.scoring.blend_arrays import blend_arrays, blend_from_arrays
from hitsieve.scoring.fit_members import FittedMember, MemberData, fit_members
from hitsieve.scoring.gnn import GnnScorer
from hitsieve.scoring.inputs import Inputs
from hitsieve.scoring.stacking import Stack
from hitsieve.scoring.trees import ForestConfig
from hitsieve.testing.scorer_kit import SAMPLE_SMILES, sample_batch

Link = Callable[[np.ndarray], np.ndarray]
ALL = ("gaussian_process", "support_vectors", "extra_trees")
CONFIG = BlendConfig(members=ALL, folds=3, penalties=(1.0,), trees=ForestConfig(trees=9))
TARGETS = (
    TargetConfig(name="a", endpoint="pIC50", unit="pX", direction="higher", task="regression"),
    TargetConfig(name="b", endpoint="hit", unit="", direction="lower", task="classification"),
)


def _data() -> MemberData:
    n = len(SAMPLE_SMILES)
    y = np.stack([np.linspace(4, 9, n), (np.arange(n) % 2).astype(float)], axis=1)
    y[:2, 0] = np.nan
    y[-3:, 1] = np.nan
    tasks = ("regression", "classification")
    return MemberData(Inputs.from_smiles(SAMPLE_SMILES), y, ("a", "b"), tasks)


def _ensemble() -> GnnScorer:
    torch.manual_seed(0)
    config = NetworkConfig(hidden=8, head_hidden=8, side_hidden=4)
    return GnnScorer([build_network(config, 2) for _ in range(2)], TARGETS)


@pytest.fixture(scope="module")
def members() -> dict[str, FittedMember]:
    return fit_members(_data(), CONFIG, 3)


@pytest.fixture(scope="module")
def scorer(members: dict[str, FittedMember]) -> BlendScorer:
    weights = np.array([0.4, 0.3, 0.2, 0.1])
    stacks = [Stack(weights, 0.0, "regression"), Stack(weights, 0.3, "classification")]
    return BlendScorer(
        {"network": _ensemble(), **{k: m.scorer for k, m in members.items()}}, stacks
    )


def test_members_speak_of_what_was_measured_only(members: dict[str, FittedMember]) -> None:
    measured = ~np.isnan(_data().y)
    assert tuple(members) == ALL
    for member in members.values():
        assert_array_equal(np.isfinite(member.left_out.mean), measured)
        probability = member.left_out.mean[:, 1][measured[:, 1]]
        assert probability.min() >= 0
        assert probability.max() <= 1


def test_trees_have_not_seen_what_they_are_asked_about(members: dict[str, FittedMember]) -> None:
    data = _data()
    known = ~np.isnan(data.y[:, 0])
    seen = members["extra_trees"].scorer.score(sample_batch()).mean[known, 0]
    left_out = members["extra_trees"].left_out.mean[known, 0]
    truth = data.y[known, 0]
    assert np.abs(seen - truth).mean() < 0.7 * np.abs(left_out - truth).mean()


def test_equal_seeds_give_equal_members(members: dict[str, FittedMember]) -> None:
    again = fit_members(_data(), CONFIG, 3)
    for kind in ALL:
        first = members[kind].scorer.score(sample_batch())
        assert_array_equal(again[kind].scorer.score(sample_batch()).mean, first.mean)


def test_the_blend_is_the_weighted_mean(scorer: BlendScorer) -> None:
    batch = sample_batch()
    parts = [member.score(batch).mean[:, 0] for member in scorer.members.values()]
    expected = np.stack(parts, axis=1) @ scorer.stacks[0].weights
    assert_allclose(scorer.score(batch).mean[:, 0], expected, rtol=1e-5)


def _odds(probability: np.ndarray) -> np.ndarray:
    return logit(probability.clip(1e-4, 1 - 1e-4))


@pytest.mark.parametrize(("column", "link", "back"), [(0, np.array, np.array), (1, _odds, expit)])
def test_networks_and_trees_are_drawn_to_a_process_that_is_sure(
    scorer: BlendScorer, column: int, link: Link, back: Link
) -> None:
    """Values as they are, probabilities by their log odds; other targets stay."""
    batch = sample_batch()
    said = scorer.member_predictions(batch, Inputs.of(batch))
    process = said[list(scorer.members).index("gaussian_process")]
    spread = process.std[:, column]
    typical = float(np.median(spread)) / 1.5
    stacks = list(scorer.stacks)
    stacks[column] = replace(stacks[column], typical=typical)
    found = BlendScorer(scorer.members, stacks).combine(said).mean
    assert_array_equal(found[:, 1 - column], scorer.combine(said).mean[:, 1 - column])
    share = np.minimum((spread / (1.5 * typical)) ** 2, 1)
    assert 0 < (share < 1).sum() < len(share)
    center = link(process.mean[:, column])
    total = np.full(len(share), stacks[column].intercept)
    for kind, member, weight in zip(scorer.members, said, stacks[column].weights, strict=True):
        own = link(member.mean[:, column])
        total += weight * (own if kind in KERNEL_KINDS else center + share * (own - center))
    assert_allclose(found[:, column], back(total), rtol=1e-5)


def test_arrays_bring_back_the_same_bits(scorer: BlendScorer) -> None:
    stacks = [replace(stack, typical=0.3) for stack in scorer.stacks]
    scorer = BlendScorer(scorer.members, stacks)
    arrays = safetensors.numpy.load(safetensors.numpy.save(blend_arrays(scorer)))
    again = blend_from_arrays(arrays, tuple(scorer.members), _ensemble(), TARGETS)
    found, expected = again.score(sample_batch()), scorer.score(sample_batch())
    assert_array_equal(found.mean, expected.mean)
    assert_array_equal(found.std, expected.std)


@pytest.mark.parametrize(
    "name",
    [
        "stack.weights",
        "stack.typical",
        "reference.scaled",
        "gaussian_process.1.alpha",
        "support_vectors.0.rows",
        "extra_trees.0.left",
        "extra_trees.scale.mean",
    ],
)
def test_missing_arrays_are_refused(scorer: BlendScorer, name: str) -> None:
    arrays = blend_arrays(scorer)
    del arrays[name]
    with pytest.raises(ChecksumError, match=r"missing|no weights"):
        blend_from_arrays(arrays, tuple(scorer.members), _ensemble(), TARGETS)


def test_rows_that_lead_out_of_the_reference_are_refused(scorer: BlendScorer) -> None:
    arrays = blend_arrays(scorer)
    arrays["gaussian_process.0.rows"] = arrays["gaussian_process.0.rows"] + 100
    with pytest.raises(ChecksumError, match="lead out"):
        blend_from_arrays(arrays, tuple(scorer.members), _ensemble(), TARGETS)


def test_parts_that_do_not_fit_are_refused(scorer: BlendScorer) -> None:
    with pytest.raises(ValueError, match="stacks"):
        BlendScorer(scorer.members, scorer.stacks[:1])
    with pytest.raises(ValidationError, match="named twice"):
        BlendConfig(members=("extra_trees", "extra_trees"))
