from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hitsieve.calibration.applicability import Applicability, Closeness, fit_applicability
from hitsieve.calibration.domain import DomainFit, FingerprintDomain
from hitsieve.calibration.embedding import EmbeddingDomain
from hitsieve.calibration.seen import SeenFeatures
from hitsieve.chem.fingerprints import morgan_from_smiles, nearest_tanimoto
from hitsieve.errors import InputError
from hitsieve.graphs.packed import PackedGraphs

ALCOHOLS = ["C" * n + "O" for n in range(2, 30)] + ["CC(C)" * n + "CO" for n in range(1, 13)]
SUGAR = "OC[C@H]1OC(O)[C@H](O)[C@@H](O)[C@@H]1O"


@pytest.fixture(scope="module")
def morgan() -> np.ndarray:
    return np.asarray(morgan_from_smiles(ALCOHOLS))


def _vectors(n: int, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(n).normal(size=(n, 5)) + shift


def _fit(
    train: tuple[np.ndarray, np.ndarray | None],
    held: tuple[np.ndarray, np.ndarray | None],
    errors: np.ndarray,
) -> tuple[Applicability, DomainFit]:
    """Fit a domain as a model with a validation part does."""
    space = None if train[1] is None else EmbeddingDomain.of(train[1], 0.05)
    distance = None if space is None or held[1] is None else space.distance(held[1])
    near, _ = nearest_tanimoto(held[0], train[0])
    return fit_applicability(train[0], space, None, Closeness(near, distance, errors))


def test_each_question_gives_its_own_reason(morgan: np.ndarray) -> None:
    train, held = (morgan[::2], _vectors(20)), (morgan[1::2], _vectors(20))
    domain, _ = _fit(train, held, np.zeros(20))
    smiles = ["CCCO", "CCCO", SUGAR, "CCCO", SUGAR, "CCCO", "CCCO"]
    asked = np.asarray(morgan_from_smiles(smiles))
    vectors = np.zeros((7, 5))
    vectors[[1, 4, 6]] = 50.0
    unknown = np.arange(7) == 3
    unseen = ["", "", "", "", "", "no training compound has boron", "no training compound has tin"]
    inside, reasons = domain.check(asked, unknown, vectors, unseen)
    assert inside.tolist() == [True, False, False, False, False, False, False]
    assert reasons[0].startswith("nearest training compound")
    assert reasons[1].startswith("far from the training set in the network's space")
    assert reasons[2].startswith("far from the training set: nearest")
    assert reasons[3] == "holds an atom or bond the model has no feature for"
    assert "far from the training set: nearest" in reasons[4]
    assert "network's space" in reasons[4]
    assert reasons[5] == "no training compound has boron"
    assert reasons[6].startswith("no training compound has tin; far from the training set in")


def test_the_threshold_is_one_that_keeps_errors_inside_lower(morgan: np.ndarray) -> None:
    strangers = [SUGAR, "NCCN", "ClCCCl", "FCF"]
    held = np.asarray(morgan_from_smiles([*ALCOHOLS[1::2], *strangers]))
    errors = np.full(len(held), 0.1)
    errors[-4:] = 2.0
    domain, told = _fit((morgan[::2], None), (held, None), errors)
    found = domain.describe(held, None, errors)
    assert found.error_inside < found.error_outside
    assert told == found
    assert told.tells
    # Errors that fall the other way: nothing helps, and the smallest share stays.
    domain, told = _fit((morgan[::2], None), (held, None), 2.0 - errors)
    assert domain.fingerprint.threshold == FingerprintDomain.fit(morgan[::2], held).threshold
    assert told.error_inside > told.error_outside
    assert not told.tells


def test_without_anything_outside_it_tells_nothing(morgan: np.ndarray) -> None:
    domain, told = _fit((morgan, None), (morgan[:25], None), np.ones(25))
    assert domain.check(morgan[:25])[0].all()
    assert told.outside == 0
    assert not told.tells


def test_round_trip_and_older_bundles(morgan: np.ndarray) -> None:
    domain, _ = _fit((morgan, _vectors(40)), (morgan, _vectors(40)), np.zeros(40))
    again = Applicability.from_arrays(domain.to_arrays())
    asked = _vectors(40, 1.0)
    assert again.check(morgan, None, asked)[1] == domain.check(morgan, None, asked)[1]
    with pytest.raises(InputError, match="vectors"):
        again.check(morgan)
    graphs = PackedGraphs.from_smiles(["OB(O)C"])
    seen = SeenFeatures.of(PackedGraphs.from_smiles(ALCOHOLS))
    whole = Applicability.from_arrays(replace(domain, seen=seen).to_arrays())
    assert whole.seen is not None
    assert whole.seen.reasons(graphs) == ["no training compound has boron"]
    older = Applicability.from_arrays(domain.fingerprint.to_arrays())
    assert older.embedding is None
    assert older.seen is None
    assert older.check(morgan)[0].all()
