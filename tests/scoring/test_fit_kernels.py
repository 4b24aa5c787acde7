"""Kernel members on all compounds, and on a part of many."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from hitsieve.scoring.blend import BlendConfig
from hitsieve.scoring.fit_kernels import fit_kernel_members, learned_from
from hitsieve.scoring.inputs import Inputs
from hitsieve.scoring.kernel_models import GaussianProcessScorer
from hitsieve.scoring.member_data import MemberData
from hitsieve.scoring.prepared import Prepared

CONFIG = BlendConfig(
    members=("gaussian_process", "support_vectors"), folds=3, penalties=(1.0,), max_compounds=24
)
TAILS = ("O", "N", "Cl", "c1ccccc1", "C(=O)O", "C#N")
SMILES = [f"{'C' * n}{tail}" for n in range(1, 11) for tail in TAILS]


@pytest.fixture(scope="module")
def data() -> MemberData:
    size = np.array([float(len(text)) for text in SMILES])
    acid = np.array([float("(=O)O" in text) for text in SMILES])
    y = np.stack([size, acid], axis=1)
    y[::7, 0] = np.nan
    y[3::11, 1] = np.nan
    return MemberData(
        Inputs.from_smiles(SMILES), y, ("size", "acid"), ("regression", "classification")
    )


def _folds(data: MemberData) -> list[list[np.ndarray]]:
    counts = (~np.isnan(data.y)).sum(axis=0)
    return [[np.arange(start, n, 3) for start in range(3)] for n in counts]


def test_few_compounds_are_all_learned_from(data: MemberData) -> None:
    assert_array_equal(learned_from(data, len(SMILES), 0), np.arange(len(SMILES)))


def test_of_many_the_rarer_class_comes_first(data: MemberData) -> None:
    chosen = learned_from(data, 40, 0)
    assert len(chosen) == 40
    assert (np.diff(chosen) > 0).all()
    acids = np.flatnonzero(data.y[:, 1] == 1)
    assert len(acids) <= 10
    assert np.isin(acids, chosen).all()
    assert_array_equal(chosen, learned_from(data, 40, 0))
    assert not np.array_equal(chosen, learned_from(data, 40, 1))


def test_a_target_with_few_values_keeps_its_share(data: MemberData) -> None:
    y = data.y.copy()
    y[6:, 0] = np.nan
    chosen = learned_from(MemberData(data.inputs, y, data.targets, data.tasks), 24, 0)
    assert np.isin(np.flatnonzero(~np.isnan(y[:, 0])), chosen).all()


def test_every_measured_compound_has_a_prediction(data: MemberData) -> None:
    for kind, member in fit_kernel_members(data, _folds(data), CONFIG, 0).items():
        said = member.left_out
        assert_array_equal(np.isnan(said.mean), np.isnan(data.y), err_msg=kind)
        known = ~np.isnan(data.y[:, 1])
        assert ((said.mean[known, 1] >= 0) & (said.mean[known, 1] <= 1)).all()
        assert (said.std[known, 1] == 0).all()


def test_compounds_beyond_the_part_are_predicted_by_the_fitted_model(data: MemberData) -> None:
    found = fit_kernel_members(data, _folds(data), CONFIG, 0)["gaussian_process"]
    assert isinstance(found.scorer, GaussianProcessScorer)
    assert len(found.scorer.reference) == 24
    asked = found.scorer.score_prepared(Prepared(data.inputs))
    same = np.isclose(asked.mean, found.left_out.mean, rtol=1e-5)
    # of those learned from, a fold was left out: what they are given there differs
    assert same[:, 0].sum() >= (~np.isnan(data.y[:, 0])).sum() - 24
    assert not same[~np.isnan(data.y[:, 0]), 0].all()
    spread = found.left_out.std[~np.isnan(data.y[:, 0]), 0]
    assert (spread > 0).all()


def test_a_part_still_orders_what_it_has_not_seen(data: MemberData) -> None:
    found = fit_kernel_members(data, _folds(data), CONFIG, 0)
    for member in found.values():
        known = ~np.isnan(data.y[:, 0])
        ranks = np.corrcoef(member.left_out.mean[known, 0], data.y[known, 0])
        assert ranks[0, 1] > 0.7
