"""All fingerprint members of a blend: which, in what order, and what they leave out."""

from __future__ import annotations

import numpy as np
from numpy.testing import assert_array_equal

from hitsieve.scoring.blend import BlendConfig
from hitsieve.scoring.fit_members import fit_members
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


def _data() -> MemberData:
    return MemberData(
        Inputs.from_smiles(SAMPLE_SMILES), Y, ("a", "b"), ("regression", "classification")
    )


def test_members_stand_in_the_order_of_the_settings_and_equal_seeds_give_equal_ones() -> None:
    found, again = fit_members(_data(), CONFIG, 5), fit_members(_data(), CONFIG, 5)
    assert tuple(found) == CONFIG.members
    for kind, member in found.items():
        assert np.isfinite(member.left_out.mean).all()
        assert_array_equal(member.left_out.mean, again[kind].left_out.mean)
    other = fit_members(_data(), CONFIG, 6)
    assert (other["extra_trees"].left_out.mean != found["extra_trees"].left_out.mean).any()


def test_a_class_of_two_compounds_of_one_family_is_learned() -> None:
    rare = np.zeros((N, 1))
    rare[:2] = 1
    families = np.maximum(np.arange(N), 1)  # the two rare ones together, all others alone
    data = MemberData(
        Inputs.from_smiles(SAMPLE_SMILES), rare, ("b",), ("classification",), families
    )
    for member in fit_members(data, CONFIG, 5).values():
        assert np.isfinite(member.left_out.mean).all()
        assert ((member.left_out.mean >= 0) & (member.left_out.mean <= 1)).all()
