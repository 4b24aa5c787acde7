"""All fingerprint members of a blend: which, in what order, and what they leave out."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_array_equal

from hitsieve.scoring.blend import BlendConfig
from hitsieve.scoring.fit_members import fit_members, shared_folds
from hitsieve.scoring.inputs import Inputs
from hitsieve.scoring.member_data import MemberData
from hitsieve.scoring.trees import ForestConfig
from hitsieve.testing.scorer_kit import SAMPLE_SMILES

N = len(SAMPLE_SMILES)
Y = np.stack([np.linspace(4, 9, N), np.arange(N) // 2 % 2], axis=1).astype(float)
CONFIG = BlendConfig(
    members=("extra_trees", "support_vectors", "gaussian_process"),
    folds=3,
    trees=ForestConfig(trees=6),
)


def _data(y: np.ndarray = Y) -> MemberData:
    return MemberData(
        Inputs.from_smiles(SAMPLE_SMILES), y, ("a", "b"), ("regression", "classification")
    )


def test_members_stand_in_the_order_of_the_settings_and_equal_seeds_give_equal_ones() -> None:
    found, again = fit_members(_data(), CONFIG, 5), fit_members(_data(), CONFIG, 5)
    assert tuple(found) == CONFIG.members
    for kind, member in found.items():
        assert np.isfinite(member.left_out.mean).all()
        assert_array_equal(member.left_out.mean, again[kind].left_out.mean)
    other = fit_members(_data(), CONFIG, 6)
    assert (other["extra_trees"].left_out.mean != found["extra_trees"].left_out.mean).any()


def test_no_member_has_seen_a_label_of_the_fold_it_speaks_of() -> None:
    fold = shared_folds(_data(), CONFIG, 5)[1]
    other = Y.copy()
    other[fold, 0] += 10
    before, after = fit_members(_data(), CONFIG, 5), fit_members(_data(other), CONFIG, 5)
    trees = (m["extra_trees"].left_out.mean[fold, 0] for m in (before, after))
    assert_array_equal(*trees)
    for kind in CONFIG.members:
        elsewhere = np.setdiff1d(np.arange(N), fold)
        moved = before[kind].left_out.mean[elsewhere, 0] != after[kind].left_out.mean[elsewhere, 0]
        assert moved.any()
