"""Kernel models as arrays and back, with what a target borrows from others."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from hitsieve.errors import ChecksumError
from hitsieve.scoring.blend import BlendConfig
from hitsieve.scoring.fit_kernels import fit_kernel_members
from hitsieve.scoring.inputs import Inputs
from hitsieve.scoring.kernel_models import GaussianProcessScorer, SupportVectorScorer
from hitsieve.scoring.member_data import MemberData
from hitsieve.scoring.prepared import Prepared

TAILS = ("O", "N", "Cl", "c1ccccc1", "C(=O)O", "C#N")
SMILES = [f"{'C' * n}{tail}" for n in range(1, 11) for tail in TAILS]
TARGETS = ("Ki", "EC50", "binds")
Scorers = tuple[GaussianProcessScorer, SupportVectorScorer]


@pytest.fixture(scope="module")
def scorers() -> Scorers:
    rng = np.random.default_rng(2)
    truth = np.array([float(len(text)) for text in SMILES]) + 4 * rng.normal(size=len(SMILES))
    y = np.stack([truth, 3 * truth + rng.normal(size=len(SMILES)), truth > 10], axis=1)
    y[::3, 0] = np.nan
    data = MemberData(
        Inputs.from_smiles(SMILES), y, TARGETS, ("regression", "regression", "classification")
    )
    folds = [[np.arange(s, n, 3) for s in range(3)] for n in (~np.isnan(y)).sum(axis=0)]
    config = BlendConfig(members=("gaussian_process", "support_vectors"), folds=3, penalties=(1.0,))
    found = fit_kernel_members(data, folds, config, 0)
    process, machine = found["gaussian_process"].scorer, found["support_vectors"].scorer
    assert isinstance(process, GaussianProcessScorer)
    assert isinstance(machine, SupportVectorScorer)
    return process, machine


def test_a_target_borrows_and_a_class_does_not(scorers: Scorers) -> None:
    related = [process.related for process in scorers[0].processes]
    assert related[0] is not None
    assert related[1] is not None
    assert related[2] is None


def test_arrays_give_the_same_predictions(scorers: Scorers) -> None:
    block = Prepared(Inputs.from_smiles(["CCCCO", "c1ccccc1CCN", "O=C(O)C1CC1"]))
    for scorer in scorers:
        again = type(scorer).from_arrays(scorer.to_arrays(), scorer.reference, TARGETS)
        said, expected = again.score_prepared(block), scorer.score_prepared(block)
        assert_array_equal(said.mean, expected.mean)
        assert_array_equal(said.std, expected.std)


def test_a_missing_array_is_named(scorers: Scorers) -> None:
    for name in ("0.rows", "0.relation", "0.noises"):
        arrays = {k: v for k, v in scorers[0].to_arrays().items() if k != name}
        with pytest.raises(ChecksumError, match=name.removeprefix("0.")):
            GaussianProcessScorer.from_arrays(arrays, scorers[0].reference, TARGETS)


@pytest.mark.parametrize(
    ("name", "value"),
    [("owners", np.array([0, 1], np.int16)), ("relation", np.eye(3)), ("owners", None)],
)
def test_what_does_not_fit_is_refused(
    scorers: Scorers, name: str, value: np.ndarray | None
) -> None:
    arrays = scorers[0].to_arrays()
    changed = np.full_like(arrays["0.owners"], 2) if value is None else value
    with pytest.raises(ChecksumError, match="what it borrows does not fit"):
        GaussianProcessScorer.from_arrays(
            arrays | {f"0.{name}": changed}, scorers[0].reference, TARGETS
        )


def test_places_outside_of_the_reference_are_refused(scorers: Scorers) -> None:
    arrays = scorers[1].to_arrays()
    wrong = arrays["0.rows"] + len(SMILES)
    with pytest.raises(ChecksumError, match="rows lead out"):
        SupportVectorScorer.from_arrays(arrays | {"0.rows": wrong}, scorers[1].reference, TARGETS)
