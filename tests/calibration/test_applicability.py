from __future__ import annotations

import numpy as np
import pytest

from hitsieve.calibration.applicability import Applicability, fit_applicability
from hitsieve.calibration.domain import FingerprintDomain
from hitsieve.chem.fingerprints import morgan_from_smiles
from hitsieve.errors import InputError

ALCOHOLS = ["C" * n + "O" for n in range(2, 30)] + ["CC(C)" * n + "CO" for n in range(1, 13)]
SUGAR = "OC[C@H]1OC(O)[C@H](O)[C@@H](O)[C@@H]1O"


@pytest.fixture(scope="module")
def morgan() -> np.ndarray:
    return np.asarray(morgan_from_smiles(ALCOHOLS))


def _vectors(n: int, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(n).normal(size=(n, 5)) + shift


def test_each_question_gives_its_own_reason(morgan: np.ndarray) -> None:
    train, held = (morgan[::2], _vectors(20)), (morgan[1::2], _vectors(20))
    domain = fit_applicability(train, held, np.zeros(20))
    asked = np.asarray(morgan_from_smiles(["CCCO", "CCCO", SUGAR, "CCCO", SUGAR]))
    vectors = np.zeros((5, 5))
    vectors[[1, 4]] = 50.0
    unknown = np.array([False, False, False, True, False])
    inside, reasons = domain.check(asked, unknown, vectors)
    assert inside.tolist() == [True, False, False, False, False]
    assert reasons[0].startswith("nearest training compound")
    assert reasons[1].startswith("far from the training set in the network's space")
    assert reasons[2].startswith("far from the training set: nearest")
    assert "atom or bond" in reasons[3]
    assert "far from the training set: nearest" in reasons[4]
    assert "network's space" in reasons[4]


def test_the_threshold_is_one_that_keeps_errors_inside_lower(morgan: np.ndarray) -> None:
    held = np.asarray(morgan_from_smiles([*ALCOHOLS[1::2], SUGAR, "NCCN", "ClCCCl", "FCF"]))
    errors = np.full(len(held), 0.1)
    errors[-4:] = 2.0
    domain = fit_applicability((morgan[::2], None), (held, None), errors)
    found = domain.describe(held, None, errors)
    assert found.error_inside < found.error_outside
    # Errors that fall the other way: nothing helps, and the smallest share stays.
    domain = fit_applicability((morgan[::2], None), (held, None), 2.0 - errors)
    assert domain.fingerprint.threshold == FingerprintDomain.fit(morgan[::2], held).threshold


def test_round_trip_and_older_bundles(morgan: np.ndarray) -> None:
    domain = fit_applicability((morgan, _vectors(40)), (morgan, _vectors(40)), np.zeros(40))
    again = Applicability.from_arrays(domain.to_arrays())
    asked = _vectors(40, 1.0)
    assert again.check(morgan, None, asked)[1] == domain.check(morgan, None, asked)[1]
    with pytest.raises(InputError, match="vectors"):
        again.check(morgan)
    older = Applicability.from_arrays(domain.fingerprint.to_arrays())
    assert older.embedding is None
    assert older.check(morgan)[0].all()
