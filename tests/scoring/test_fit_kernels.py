"""Kernel members on all compounds, and on a part of many."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

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


def test_classes_are_never_without_noise(data: MemberData) -> None:
    found = fit_kernel_members(data, _folds(data), CONFIG, 0)["gaussian_process"].scorer
    assert isinstance(found, GaussianProcessScorer)
    size, acid = found.processes
    # Which of these are acids is plain: evidence alone sees no noise.
    assert acid.noise == acid.weights.sum()
    assert size.noise < size.weights.sum()


def test_every_measured_compound_has_a_prediction(data: MemberData) -> None:
    for kind, member in fit_kernel_members(data, _folds(data), CONFIG, 0).items():
        said = member.left_out
        assert_array_equal(np.isnan(said.mean), np.isnan(data.y), err_msg=kind)
        known = ~np.isnan(data.y[:, 1])
        assert ((said.mean[known, 1] >= 0) & (said.mean[known, 1] <= 1)).all()
        # of a class the process tells how far a compound is, on the scale of labels 0 and 1
        least, most = (0, 0.5) if kind == "gaussian_process" else (0, 0)
        assert ((said.std[known, 1] >= least) & (said.std[known, 1] <= most)).all()


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


def _two_assays() -> tuple[MemberData, np.ndarray]:
    """Two targets that go together: the first measured on every fourth compound, the other on all.

    Values have a part of each compound alone, which no likeness foretells.
    """
    rng = np.random.default_rng(2)
    truth = np.array([float(len(text)) for text in SMILES]) + 4 * rng.normal(size=len(SMILES))
    y = np.stack([truth, 3 * truth + 0.5 * rng.normal(size=len(SMILES)) - 8], axis=1)
    y[np.arange(len(SMILES)) % 4 > 1, 0] = np.nan
    tasks = ("regression", "regression")
    return MemberData(Inputs.from_smiles(SMILES), y, ("Ki", "EC50"), tasks), truth


def test_a_target_learns_from_one_that_goes_with_it() -> None:
    data, truth = _two_assays()
    unmeasured = np.isnan(data.y[:, 0])
    errors = {}
    for borrow in (0, 100):
        config = CONFIG.model_copy(update={"borrow": borrow, "max_compounds": 1000})
        for kind, member in fit_kernel_members(data, _folds(data), config, 0).items():
            said = member.scorer.score_prepared(Prepared(data.inputs)).mean[unmeasured, 0]
            errors[kind, borrow] = float(np.sqrt(np.mean((said - truth[unmeasured]) ** 2)))
    assert errors["gaussian_process", 100] < 0.85 * errors["gaussian_process", 0], errors
    assert errors["support_vectors", 100] < 0.9 * errors["support_vectors", 0], errors


def test_what_is_left_out_was_measured_on_no_target() -> None:
    data, truth = _two_assays()
    known = ~np.isnan(data.y[:, 0])
    config = CONFIG.model_copy(update={"max_compounds": 1000})
    for kind, member in fit_kernel_members(data, _folds(data), config, 0).items():
        error = np.sqrt(np.mean((member.left_out.mean[known, 0] - truth[known]) ** 2))
        assert error > 3, kind  # what each compound has of its own; with the other assay 0.2


def test_targets_with_few_compounds_each_keep_them_all() -> None:
    data, _ = _two_assays()
    y = data.y.copy()
    y[15:, 0], y[:45, 1] = np.nan, np.nan
    apart = MemberData(data.inputs, y, data.targets, data.tasks)
    assert_array_equal(learned_from(apart, 30, 0), np.arange(len(SMILES)))
    whole = fit_kernel_members(
        apart, _folds(apart), CONFIG.model_copy(update={"max_compounds": 60}), 0
    )
    parts = fit_kernel_members(
        apart, _folds(apart), CONFIG.model_copy(update={"max_compounds": 30}), 0
    )
    for kind, member in parts.items():
        expected = whole[kind].left_out
        assert_allclose(member.left_out.mean, expected.mean, rtol=1e-3, err_msg=kind)
