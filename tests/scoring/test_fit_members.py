from __future__ import annotations

import numpy as np
import pytest

from hitsieve.scoring.blend import BlendConfig
from hitsieve.scoring.extra_trees import ExtraTreesScorer, tree_table
from hitsieve.scoring.fit_members import fit_members
from hitsieve.scoring.inputs import Inputs
from hitsieve.scoring.member_data import MemberData

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
