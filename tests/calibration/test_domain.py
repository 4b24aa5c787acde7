from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from hitsieve.calibration.domain import FLOOR, FingerprintDomain
from hitsieve.chem.fingerprints import morgan_from_smiles, nearest_tanimoto
from hitsieve.errors import InputError

ANILIDES = [f"O=C(N{'C' * i}c1ccccc1){'C' * j}" for i in range(8) for j in range(1, 9)]
SUGARS = ["OC[C@H]1OC(O)[C@H](O)[C@@H](O)[C@@H]1O", "OCC(O)C(O)C(O)CO", "OC1CCOCC1O"]


@pytest.fixture(scope="module")
def prints() -> np.ndarray:
    return np.asarray(morgan_from_smiles(ANILIDES))


def test_the_asked_share_of_held_out_compounds_is_outside(prints: np.ndarray) -> None:
    train, held = prints[::2], prints[1::2]
    for share in (0.0, 0.1, 0.25):
        domain = FingerprintDomain.fit(train, held, outside_share=share)
        assert domain.describe(held).outside <= share
        in_domain, _ = domain.check(held)
        assert in_domain.mean() >= 1 - share


def test_another_chemistry_is_outside_and_says_why(prints: np.ndarray) -> None:
    domain = FingerprintDomain.fit(prints[::2], prints[1::2])
    in_domain, reasons = domain.check(np.asarray(morgan_from_smiles(SUGARS)))
    assert not in_domain.any()
    assert all(reason.startswith("far from the training set") for reason in reasons)
    inside, told = domain.check(prints[::2])
    assert inside.all()
    assert told[0] == "nearest training compound has similarity 1.00"


def test_unknown_features_are_outside_however_similar(prints: np.ndarray) -> None:
    domain = FingerprintDomain.fit(prints[::2], prints[1::2])
    in_domain, reasons = domain.check(prints[:6:2], np.array([False, True, False]))
    assert in_domain.tolist() == [True, False, True]
    assert reasons[1] == "holds an atom or bond the model has no feature for"


def test_errors_inside_and_outside_are_told_apart(prints: np.ndarray) -> None:
    train, held = prints[:32], prints[32:]
    domain = FingerprintDomain.fit(train, held, outside_share=0.3)
    in_domain, _ = domain.check(held)
    errors = np.where(in_domain, 0.2, 1.5)
    errors[0] = np.nan
    found = domain.describe(held, errors)
    assert (found.error_inside, found.error_outside) == pytest.approx((0.2, 1.5))
    assert np.isnan(domain.describe(held).error_inside)


def test_a_diverse_training_set_lets_no_unrelated_compound_in() -> None:
    """Drugs are unlike each other: the quantile alone would let in whatever is no less so."""
    path = Path(__file__).parents[1] / "data" / "drugs.csv"
    with path.open(newline="") as stream:
        drugs = np.asarray(morgan_from_smiles([row["smiles"] for row in csv.DictReader(stream)]))
    similarity = nearest_tanimoto(drugs[1::2], drugs[::2])[0]
    assert np.quantile(similarity, 0.05) < 0.2
    domain = FingerprintDomain.fit(drugs[::2], drugs[1::2])
    assert domain.threshold == FLOOR
    assert domain.describe(drugs[1::2]).outside > 0.05
    series = ["CC(C)(C)OC(=O)N1CCC2(CC1)OCCO2", "FC1(F)CCN(CC1)C1CC1", "C1CC2CCC1NC2"]
    assert not domain.check(np.asarray(morgan_from_smiles([*SUGARS, *series])))[0].any()


def test_few_held_out_compounds_use_the_stated_default(prints: np.ndarray) -> None:
    assert FingerprintDomain.fit(prints, prints[:5]).threshold == 0.3


def test_it_survives_arrays_and_an_empty_batch(prints: np.ndarray) -> None:
    domain = FingerprintDomain.fit(prints[::2], prints[1::2])
    back = FingerprintDomain.from_arrays(domain.to_arrays())
    assert back.threshold == domain.threshold
    np.testing.assert_array_equal(back.training, domain.training)
    in_domain, reasons = back.check(prints[:0])
    assert (len(in_domain), reasons) == (0, [])


def test_bad_input_says_what_is_wrong(prints: np.ndarray) -> None:
    domain = FingerprintDomain(prints, 0.4)
    with pytest.raises(InputError, match="uint8"):
        domain.check(prints[:, :10])
    with pytest.raises(InputError, match="unknown_mask"):
        domain.check(prints[:3], np.array([True]))
    with pytest.raises(InputError, match="at least one"):
        FingerprintDomain(prints[:0], 0.4)
    with pytest.raises(InputError, match="threshold"):
        FingerprintDomain(prints, 1.4)
    with pytest.raises(InputError, match="lacks the array"):
        FingerprintDomain.from_arrays({"training": prints})
    with pytest.raises(InputError, match="outside_share"):
        FingerprintDomain.fit(prints, prints, outside_share=1.0)
