from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from hitsieve.chem import clusters
from hitsieve.chem.clusters import butina, similarity_clusters, sphere_exclusion
from hitsieve.chem.fingerprints import morgan_from_smiles, tanimoto_matrix

PHENOLS = ["Oc1ccccc1", "Oc1ccccc1C", "Oc1ccccc1CC"]
ALKANES = ["CCCCCCCC", "CCCCCCCCC", "CCCCCCCCCC"]


def test_clusters_are_numbered_in_rank_order() -> None:
    packed = morgan_from_smiles(["CCCCCCCC", *PHENOLS[:1], "CCCCCCCCC", "FC(F)(F)S", *PHENOLS[:1]])
    assert butina(packed, similarity=0.6).tolist() == [1, 2, 1, 3, 2]


def test_the_largest_neighborhood_becomes_the_first_center() -> None:
    bits = np.zeros((4, 256), np.uint8)
    bits[0, :4] = 255  # a chain a-b-c: b neighbors both ends, the ends not each other
    bits[1, :6] = 255
    bits[2, 2:6] = 255
    bits[3, 100] = 255
    assert butina(bits, similarity=0.6).tolist() == [1, 1, 1, 2]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 20), st.floats(0, 1))
def test_every_member_neighbors_a_member_that_neighbors_all(
    seed: int, n: int, similarity: float
) -> None:
    packed = np.random.default_rng(seed).integers(0, 4, (n, 256), np.uint8)
    number = butina(packed, similarity=similarity)
    near = tanimoto_matrix(packed, packed) >= np.float32(similarity)
    np.fill_diagonal(near, val=True)
    assert number.dtype == np.int32
    first = [number.tolist().index(c) for c in range(1, number.max() + 1)]
    assert first == sorted(first)
    for cluster in range(1, number.max() + 1):
        members = np.flatnonzero(number == cluster)
        assert near[np.ix_(members, members)].all(axis=1).any()


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = morgan_from_smiles(PHENOLS + ALKANES)
    whole = butina(packed, similarity=0.4)
    monkeypatch.setattr(clusters, "_BLOCK", 2)
    assert np.array_equal(butina(packed, similarity=0.4), whole)


def test_edges() -> None:
    assert butina(np.zeros((0, 256), np.uint8)).tolist() == []
    assert butina(np.zeros((2, 256), np.uint8)).tolist() == [1, 2]
    with pytest.raises(ValueError, match="from 0 to 1"):
        butina(np.zeros((1, 256), np.uint8), similarity=60)


def test_sphere_exclusion_puts_like_compounds_together_and_centers_apart() -> None:
    smiles = ["CCCCCCO", "CCCCCCCO", "c1ccccc1C(=O)O", "CCCCCCCCO", "c1ccccc1CC(=O)O", "N#CCC#N"]
    morgan = np.asarray(morgan_from_smiles(smiles))
    found = sphere_exclusion(morgan, similarity=0.5)
    assert found[0] == found[1] == found[3] == 1
    centers = [int(np.flatnonzero(found == number)[0]) for number in range(1, found.max() + 1)]
    between = tanimoto_matrix(morgan[centers], morgan[centers])
    assert (between[~np.eye(len(centers), dtype=bool)] < 0.5).all()
    to_center = tanimoto_matrix(morgan, morgan[centers])
    assert (to_center[np.arange(len(morgan)), found - 1] >= 0.5).all()
    assert (to_center.argmax(axis=1)[found != 1] == found[found != 1] - 1).all()


def test_sphere_exclusion_does_not_depend_on_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    morgan = rng.integers(0, 4, (40, 256)).astype(np.uint8)
    whole = sphere_exclusion(morgan, similarity=0.35)
    monkeypatch.setattr(clusters, "_BLOCK", 7)
    assert sphere_exclusion(morgan, similarity=0.35).tolist() == whole.tolist()
    with pytest.raises(ValueError, match="0 to 1"):
        sphere_exclusion(morgan, similarity=1.5)


def test_few_compounds_are_clustered_by_butina_and_many_by_exclusion(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    morgan = morgan_from_smiles([f"{'C' * n}{tail}" for n in range(1, 9) for tail in "ONF"])
    assert_array_equal(similarity_clusters(morgan), butina(morgan))
    monkeypatch.setattr(clusters, "_LARGE", len(morgan))
    assert_array_equal(similarity_clusters(morgan), sphere_exclusion(morgan, similarity=0.6))
