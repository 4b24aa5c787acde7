from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.errors import InputError, NotFoundError
from hitsieve.monitor.drift import NAMES, Profile, descriptor_columns, drift, psi
from hitsieve.schema import LIBRARY

counts = st.lists(st.integers(0, 500), min_size=4, max_size=4).filter(any)


@given(counts, counts)
def test_psi_is_symmetric_and_never_negative(first: list[int], second: list[int]) -> None:
    assert psi(first, second) == pytest.approx(psi(second, first))
    assert psi(first, second) >= 0
    assert psi(first, first) == 0


def test_psi_equals_the_formula_for_large_counts() -> None:
    p, q = np.array([0.2, 0.3, 0.5]), np.array([0.4, 0.4, 0.2])
    expected = ((p - q) * np.log(p / q)).sum()
    assert psi(p * 1e9, q * 1e9) == pytest.approx(expected, rel=1e-6)


def _library(n: int, seed: int, shift: float = 0.0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        "mw": rng.normal(350 + 60 * shift, 60, n),
        "rings": rng.poisson(3, n).astype(float),
        "charge": np.zeros(n),
    }


@pytest.mark.parametrize("n", [50, 200, 5000])
def test_a_split_of_one_library_stays_quiet(n: int) -> None:
    verdicts = []
    for seed in range(20):
        reference = Profile.reference(_library(n, seed))
        observed = reference.empty().update(_library(n, 100 + seed))
        verdicts.append(drift(reference, observed).verdict)
    assert verdicts.count("stable") >= 18
    assert "shifted" not in verdicts


def test_another_chemistry_alerts_and_names_the_descriptor() -> None:
    reference = Profile.reference(_library(2000, 0))
    report = drift(reference, reference.empty().update(_library(2000, 1, shift=1.0)))
    assert report.verdict == "shifted"
    assert (report.descriptors[0].name, report.descriptors[0].verdict) == ("mw", "shifted")
    assert {d.verdict for d in report.descriptors[1:]} == {"stable"}
    json.dumps(report.to_dict())


def test_a_change_of_a_constant_descriptor_is_seen() -> None:
    reference = Profile.reference(_library(500, 0))
    other = {**_library(500, 1), "charge": np.ones(500)}
    found = {
        d.name: d.verdict for d in drift(reference, reference.empty().update(other)).descriptors
    }
    assert found["charge"] == "shifted"


def test_shards_merge_to_the_same_profile() -> None:
    reference = Profile.reference(_library(500, 0))
    whole = _library(900, 1)
    pieces = [{n: v[a:b] for n, v in whole.items()} for a, b in ((0, 10), (10, 600), (600, 900))]
    first, second, third = (reference.empty().update(piece) for piece in pieces)
    assert third.merge(first).merge(second) == reference.empty().update(whole)
    assert Profile.from_dict(json.loads(json.dumps(reference.to_dict()))) == reference


def test_library_columns_are_all_descriptors() -> None:
    assert set(NAMES) <= set(LIBRARY.names)
    assert set(descriptor_columns(LIBRARY.empty())) == set(NAMES)


def test_bad_input_says_what_is_wrong() -> None:
    reference = Profile.reference({"mw": [1.0, 2.0, 3.0]})
    with pytest.raises(NotFoundError, match="mw"):
        reference.update({"rings": [1.0]})
    with pytest.raises(InputError, match="has no value"):
        Profile.reference({"mw": [float("nan")]})
    with pytest.raises(InputError, match="binned differently"):
        drift(reference, Profile.reference({"mw": [4.0, 5.0]}))
    with pytest.raises(InputError, match="differing descriptors"):
        drift(reference, Profile.reference({"tpsa": [4.0, 5.0]}))
    with pytest.raises(InputError, match="differing descriptors"):
        reference.merge(Profile.reference({"tpsa": [4.0, 5.0]}))
    with pytest.raises(InputError, match="one side is empty"):
        psi([1, 2], [0, 0])
    with pytest.raises(InputError, match="2 bins expected"):
        psi([1, 2], [1])
