"""Extra trees: what they learn from, and what they say of compounds they have not seen."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from scipy.special import logit

from hitsieve.chem.counts import TREE_COLUMNS
from hitsieve.scoring import fit_trees
from hitsieve.scoring.blend import BlendConfig
from hitsieve.scoring.extra_trees import ExtraTreesScorer, tree_table
from hitsieve.scoring.fit_members import fit_members
from hitsieve.scoring.fit_trees import FEWEST_DRAWN
from hitsieve.scoring.inputs import Inputs
from hitsieve.scoring.member_data import MemberData
from hitsieve.scoring.platt import fit_sigmoid
from hitsieve.scoring.trees import Forest, ForestConfig, fit_forest
from hitsieve.testing.scorer_kit import SAMPLE_SMILES

TAILS = ("O", "N", "S", "F", "Cl", "Br", "I", "C#N", "c1ccccc1", "C(=O)O", "C(=O)N", "OC")
SMILES = [f"{'C' * n}{tail}" for n in range(1, 9) for tail in ("O", "N", "c1ccccc1", "C(=O)O")]


def _trees(y: np.ndarray) -> tuple[ExtraTreesScorer, np.ndarray, np.ndarray]:
    inputs = Inputs.from_smiles(SMILES)
    data = MemberData(inputs, y[:, None], ("length",), ("regression",))
    config = BlendConfig.model_validate(
        {"members": ["extra_trees"], "folds": 4, "trees": {"trees": 20, "min_leaf": 1}}
    )
    member = fit_members(data, config, 3)["extra_trees"]
    assert isinstance(member.scorer, ExtraTreesScorer)
    said = member.scorer.forests[0].tree_values(tree_table(inputs, member.scorer.scale))
    return member.scorer, said, member.left_out.mean[:, 0]


def test_trees_that_score_have_learned_from_all_compounds() -> None:
    y = np.array([len(text) / 3 + ("N" in text) for text in SMILES])
    scorer, said, left_out = _trees(y)
    assert len(scorer.forests[0].roots) == 20
    # leaves of one compound, and no compound kept from any tree: each gives its value back
    assert said == pytest.approx(np.broadcast_to(y[:, None], said.shape), abs=1e-6)
    assert np.abs(left_out - y).mean() > 0.05


def test_trees_that_speak_of_a_compound_have_not_seen_it() -> None:
    y = np.array([len(text) / 3 for text in SMILES])
    other = y.copy()
    other[5] += 100
    changed = np.flatnonzero(_trees(y)[2] != _trees(other)[2])
    assert len(changed) > 0
    assert 5 not in changed


def test_half_of_the_trees_of_classes_see_no_circular_counts() -> None:
    n = len(SAMPLE_SMILES)
    y = np.stack([np.linspace(4, 9, n), (np.arange(n) % 2).astype(float)], axis=1)
    data = MemberData(
        Inputs.from_smiles(SAMPLE_SMILES), y, ("a", "b"), ("regression", "classification")
    )
    config = BlendConfig(members=("extra_trees",), folds=2, trees=ForestConfig(trees=8))
    grown = fit_members(data, config, 3)["extra_trees"].scorer
    assert isinstance(grown, ExtraTreesScorer)
    for forest, plain in zip(grown.forests, (0, 4), strict=True):
        assert len(forest.roots) == 8
        node = np.arange(len(forest.left))
        tree = np.searchsorted(forest.roots, node, side="right") - 1
        looks = (forest.left != node) & (forest.feature < TREE_COLUMNS)
        circular = [bool(looks[tree == number].any()) for number in range(8)]
        assert sum(circular[: 8 - plain]) > 0
        assert not any(circular[8 - plain :])


@pytest.mark.parametrize(("share", "whole"), [(0.0, 6), (1.0, 0), (0.5, 3)])
def test_the_share_of_such_trees_may_be_none_or_all(share: float, whole: int) -> None:
    n = len(SAMPLE_SMILES)
    y = (np.arange(n) % 2).astype(float)[:, None]
    data = MemberData(Inputs.from_smiles(SAMPLE_SMILES), y, ("b",), ("classification",))
    config = BlendConfig(
        members=("extra_trees",), folds=2, trees=ForestConfig(trees=6), plain_trees=share
    )
    grown = fit_members(data, config, 3)["extra_trees"].scorer
    assert isinstance(grown, ExtraTreesScorer)
    forest = grown.forests[0]
    assert len(forest.roots) == 6
    after = np.append(forest.roots, len(forest.left))[whole]
    node = np.arange(len(forest.left))
    looks = (forest.left != node) & (forest.feature < TREE_COLUMNS)
    assert not looks[after:].any()


def test_votes_for_a_class_are_calibrated_by_what_was_left_out() -> None:
    rng = np.random.default_rng(0)
    rare = (
        np.array([text.endswith("N") for text in SMILES]) | (rng.random(len(SMILES)) < 0.1)
    ) * 1.0
    rare[3] = np.nan
    data = MemberData(Inputs.from_smiles(SMILES), rare[:, None], ("rare",), ("classification",))
    config = BlendConfig(members=("extra_trees",), folds=4, trees=ForestConfig(trees=20))
    member = fit_members(data, config, 3)["extra_trees"]
    assert isinstance(member.scorer, ExtraTreesScorer)
    calibration = member.scorer.calibrations[0]
    assert calibration is not None
    known = np.isfinite(rare)
    assert_array_equal(np.isfinite(member.left_out.mean[:, 0]), known)
    said = member.left_out.mean[known, 0].astype(float)
    # Ten trees speak of each compound: eleven shares, and each is one probability.
    assert len(np.unique(said)) <= 11
    again = fit_sigmoid(logit(said), rare[known])
    assert said.mean() == pytest.approx(rare[known].mean(), abs=0.01)
    assert 0.5 < again.slope < 1.5


def _rare(n: int, ones: int, **settings: object) -> tuple[Forest, np.ndarray]:
    """Trees of a class of some of n compounds, and whether each compound is in it."""
    smiles = [f"{'C' * (1 + number // 12)}{TAILS[number % 12]}" for number in range(n)]
    y = np.zeros(n)
    y[np.random.default_rng(1).permutation(n)[:ones]] = 1
    data = MemberData(Inputs.from_smiles(smiles), y[:, None], ("rare",), ("classification",))
    config = BlendConfig.model_validate(
        {"members": ("extra_trees",), "folds": 2, "trees": {"trees": 12}, **settings}
    )
    scorer = fit_members(data, config, 3)["extra_trees"].scorer
    assert isinstance(scorer, ExtraTreesScorer)
    return scorer.forests[0], y


def test_trees_of_a_rare_class_see_some_of_the_others() -> None:
    forest, y = _rare(360, 40)
    shares = forest.value[forest.roots]
    assert shares == pytest.approx(np.full(12, 40 / (40 + 120)))
    everyone, _ = _rare(360, 40, class_ratio=None)
    assert everyone.value[everyone.roots] == pytest.approx(np.full(12, y.mean()))


def test_of_very_few_a_hundred_others_are_seen() -> None:
    forest, _ = _rare(360, 5)
    assert forest.value[forest.roots] == pytest.approx(np.full(12, 5 / (5 + FEWEST_DRAWN)))


def test_the_rarer_class_may_be_either() -> None:
    forest, _ = _rare(360, 320)
    assert forest.value[forest.roots] == pytest.approx(np.full(12, 120 / 160))


def test_each_tree_sees_other_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bytes] = []

    def fit(table: np.ndarray, labels: np.ndarray, *rest: object, **more: object) -> Forest:
        seen.append(np.sort(table[labels == 0], axis=0).tobytes())
        return fit_forest(table, labels, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(fit_trees, "fit_forest", fit)
    _rare(360, 40, plain_trees=0.0)
    whole = seen[:12]
    assert len(set(whole)) == len(whole)


def test_classes_that_are_nearly_even_are_seen_whole() -> None:
    forest, y = _rare(120, 40)
    assert forest.value[forest.roots] == pytest.approx(np.full(12, y.mean()))
