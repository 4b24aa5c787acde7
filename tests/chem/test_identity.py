from __future__ import annotations

import re

import numpy as np
import pytest

from hitsieve.chem.identity import bucket, graph_hash, inchikey, stereo_free_key, structure_key
from hitsieve.chem.molecule import parse


def key(smiles: str) -> str:
    mol = parse(smiles)
    return structure_key(mol, inchikey(mol))


def test_a_key_is_an_inchikey_and_a_hash() -> None:
    assert re.fullmatch(r"LFQSCWFLJHTTHZ-UHFFFAOYSA-N-[0-9a-f]{8}", key("OCC"))


def test_the_key_is_pinned() -> None:
    # A change here would silently cut every library ever built off from new labels.
    assert key("CCO") == "LFQSCWFLJHTTHZ-UHFFFAOYSA-N-f8acfc82"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Oc1ccccn1", "O=c1cccc[nH]1"),
        ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O"),
        ("F/C=C/F", "F/C=C\\F"),
        ("[2H]OC", "CO"),
        ("CC(=O)O", "CC(=O)[O-]"),
    ],
)
def test_different_compounds_have_different_keys(one: str, other: str) -> None:
    assert key(one) != key(other)


def test_tautomers_differ_in_the_hash_alone() -> None:
    one, other = parse("Oc1ccccn1"), parse("O=c1cccc[nH]1")
    assert inchikey(one) == inchikey(other)
    assert graph_hash(one) != graph_hash(other)


def test_buckets_are_stable_and_even() -> None:
    assert bucket("LFQSCWFLJHTTHZ-UHFFFAOYSA-N-f8acfc82", 7) == 1
    counts = np.bincount([bucket(f"key-{i}", 8) for i in range(8000)], minlength=8)
    assert counts.min() > 850
    with pytest.raises(ValueError, match="at least one shard"):
        bucket("x", 0)


def test_stereoisomers_share_the_stereo_free_key() -> None:
    one, other = key("C[C@H](N)C(=O)O"), key("C[C@@H](N)C(=O)O")
    assert stereo_free_key(one) == stereo_free_key(other) == one[:14]
    with pytest.raises(ValueError, match="InChIKey"):
        stereo_free_key("CCO")
