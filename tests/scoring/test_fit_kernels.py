"""Kernel members on all compounds, and on a part of many."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from hitsieve.provenance import child_seed
from hitsieve.scoring.blend import BlendConfig
from hitsieve.scoring.fit_kernels import fit_kernel_members, learned_from
from hitsieve.scoring.gaussian_process import weighted
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


def test_a_process_is_surer_of_what_it_learned_from_than_without_it(data: MemberData) -> None:
    """Also of compounds of a single function, whose reduced graphs have no features."""
    inputs = data.inputs
    assert any((np.diff(counts.offsets) == 0).any() for counts in inputs.counts)
    config = CONFIG.model_copy(update={"max_compounds": 1000})
    found = fit_kernel_members(data, _folds(data), config, 0)["gaussian_process"]
    live = found.scorer.score_prepared(Prepared(inputs))
    known = ~np.isnan(data.y)
    assert (live.std[known] <= found.left_out.std[known] * (1 + 1e-3)).all()


def test_compounds_beyond_the_part_are_left_out_with_their_fold(data: MemberData) -> None:
    """Kin of theirs stands in the part: what a fold leaves out, it leaves out for them too."""
    folds = _folds(data)
    found = fit_kernel_members(data, folds, CONFIG, 0)["gaussian_process"]
    assert isinstance(found.scorer, GaussianProcessScorer)
    process, reference = found.scorer.processes[0], found.scorer.reference
    assert len(reference) == 24
    chosen = learned_from(data, 24, child_seed(0, "learned from"))
    measured = np.flatnonzero(~np.isnan(data.y[:, 0]))
    seen = reference.seen_by(0)
    components = Prepared(data.inputs).components(seen)
    learned = chosen[process.rows]
    own = weighted(components[:, learned], process.weights, process.rows)
    z = (data.y[learned, 0] - process.shift) / process.scale
    for fold in folds[0]:
        places = measured[fold]
        beyond = np.setdiff1d(places, chosen)
        assert len(beyond)
        kept = ~np.isin(learned, places)
        covariance = own[np.ix_(kept, kept)] + process.noise * np.eye(kept.sum())
        near = weighted(components[:, beyond], process.weights, process.rows[kept])
        expected = near @ np.linalg.solve(covariance, z[kept]) * process.scale + process.shift
        assert_allclose(found.left_out.mean[beyond, 0], expected, rtol=1e-5)
        left = process.weights.sum() - (near * np.linalg.solve(covariance, near.T).T).sum(axis=1)
        spread = np.sqrt(left + process.noise) * process.scale
        assert_allclose(found.left_out.std[beyond, 0], spread, rtol=1e-3)


def test_a_class_keeps_its_spread_beyond_the_part(data: MemberData) -> None:
    """Else trees and networks would be drawn wholly to the process there, as if it were sure."""
    said = fit_kernel_members(data, _folds(data), CONFIG, 0)["gaussian_process"].left_out
    assert (said.std[~np.isnan(data.y[:, 1]), 1] > 0).all()


def test_twins_beyond_the_part_do_not_betray_each_other() -> None:
    """Pairs of alike compounds with values of chance, left out together: nothing is foretold."""
    rng = np.random.default_rng(7)
    smiles = [f"{'C' * n}{tail}" for n in range(1, 11) for tail in TAILS for _ in range(2)]
    value = np.repeat(rng.normal(size=60), 2)
    groups = np.repeat(np.arange(60), 2)
    data = MemberData(
        Inputs.from_smiles(smiles), value[:, None], ("chance",), ("regression",), groups
    )
    folds = [[np.flatnonzero(groups % 3 == number) for number in range(3)]]
    config = CONFIG.model_copy(update={"max_compounds": 60})
    chosen = learned_from(data, 60, child_seed(0, "learned from"))
    beyond = np.setdiff1d(np.arange(120), chosen)
    for kind, member in fit_kernel_members(data, folds, config, 0).items():
        ranks = np.corrcoef(member.left_out.mean[beyond, 0], value[beyond])[0, 1]
        assert abs(ranks) < 0.5, kind


def test_of_a_fold_that_nothing_was_learned_from_the_whole_model_tells(data: MemberData) -> None:
    chosen = learned_from(data, 24, child_seed(0, "learned from"))
    folds = []
    for column in range(2):
        measured = np.flatnonzero(~np.isnan(data.y[:, column]))
        known = np.flatnonzero(np.isin(measured, chosen))
        folds.append([known[::2], known[1::2], np.setdiff1d(np.arange(len(measured)), known)])
    for kind, member in fit_kernel_members(data, folds, CONFIG, 0).items():
        asked = member.scorer.score_prepared(Prepared(data.inputs))
        beyond = ~np.isnan(data.y)
        beyond[chosen] = False
        assert_allclose(member.left_out.mean[beyond], asked.mean[beyond], rtol=1e-4, err_msg=kind)
        assert_allclose(member.left_out.std[beyond], asked.std[beyond], rtol=1e-3, atol=1e-6)


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
