from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.acquisition.batch import (
    cap_clusters,
    determinantal,
    leaders,
    likeness,
    likeness_of_vectors,
    spread_out,
)
from hitsieve.errors import InputError

RNG = np.random.default_rng(3)
MORGAN = np.packbits(RNG.random((12, 2048)) < 0.05, axis=1)
WORTH = np.linspace(1, 0, 12)


@given(st.lists(st.integers(0, 3), max_size=30), st.integers(0, 10), st.integers(1, 4))
def test_caps_hold_as_long_as_there_are_clusters(names: list[int], k: int, cap: int) -> None:
    clusters = np.array(names, dtype=np.int64)
    chosen = cap_clusters(clusters, k, cap)
    assert len(chosen) == min(k, len(names)) == len(set(chosen.tolist()))
    capped = sum(min(cap, names.count(one)) for one in set(names))
    if capped >= k:
        assert all(clusters[chosen].tolist().count(one) <= cap for one in set(names))


@pytest.mark.parametrize("pick", [spread_out, determinantal])
def test_without_weight_the_best_are_taken(pick: object) -> None:
    chosen = pick(WORTH, likeness(MORGAN), 5, 0.0)  # type: ignore[operator]
    assert chosen.tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("pick", [spread_out, determinantal])
def test_twins_are_not_taken_twice(pick: object) -> None:
    twins = np.repeat(MORGAN[:6], 2, axis=0)
    chosen = pick(WORTH, likeness(twins), 6, 0.7)  # type: ignore[operator]
    assert len({place // 2 for place in chosen.tolist()}) == 6


def test_maxmin_equals_its_definition() -> None:
    similarity = likeness(MORGAN)
    chosen = [0]
    while len(chosen) < 5:
        left = [i for i in range(12) if i not in chosen]
        chosen.append(min(left, key=lambda i: (max(similarity[i, j] for j in chosen), i)))
    assert spread_out(WORTH, similarity, 5, 1.0).tolist() == chosen


def test_determinantal_picks_span_almost_the_largest_volume() -> None:
    similarity = likeness(MORGAN[:8])
    volumes = {
        some: np.linalg.det(similarity[np.ix_(some, some)])
        for some in itertools.combinations(range(8), 3)
    }
    chosen = tuple(sorted(determinantal(WORTH[:8], similarity, 3, 1.0).tolist()))
    assert volumes[chosen] >= 0.9 * max(volumes.values())


PICKS = {
    "clusters": lambda k, accept: cap_clusters(np.arange(12) % 4, k, 1, accept),
    "maxmin": lambda k, accept: spread_out(WORTH, likeness(MORGAN), k, 0.6, accept),
    "determinantal": lambda k, accept: determinantal(WORTH, likeness(MORGAN), k, 0.6, accept),
    "plain": lambda k, accept: determinantal(WORTH, likeness(MORGAN), k, 0.0, accept),
}


@pytest.mark.parametrize("how", PICKS)
def test_what_is_refused_takes_no_place(how: str) -> None:
    asked: list[int] = []

    def odd(place: int) -> bool:
        asked.append(place)
        return place % 2 == 1

    chosen = PICKS[how](5, odd).tolist()
    assert len(chosen) == 5
    assert all(place % 2 for place in chosen)
    assert len(asked) == len(set(asked))
    # All of them are asked before one of six that can be had is missing.
    assert sorted(PICKS[how](9, odd).tolist()) == [1, 3, 5, 7, 9, 11]


def test_what_is_refused_pushes_nothing_away() -> None:
    twins = likeness(np.repeat(MORGAN[:6], 2, axis=0))
    for pick in (spread_out, determinantal):
        # The better twin of each pair cannot be had: the other one is as good as without it.
        chosen = pick(WORTH, twins, 6, 0.7, lambda place: place % 2 == 1)
        alone = pick(WORTH[1::2], twins[1::2, 1::2], 6, 0.7)
        assert sorted(chosen.tolist()) == sorted((2 * alone + 1).tolist())
        assert chosen[0] == 1


def test_wrong_weights_are_refused() -> None:
    with pytest.raises(InputError, match="outside"):
        spread_out(WORTH, likeness(MORGAN), 2, 1.5)


def test_vectors_are_alike_by_their_distance_in_units_of_the_usual_one() -> None:
    vectors = RNG.standard_normal((20, 3))
    found = likeness_of_vectors(vectors)
    squared = ((vectors[:, None] - vectors[None]) ** 2).sum(axis=2)
    usual = np.median(squared[np.triu_indices(20, 1)])
    assert found == pytest.approx(np.exp(-squared / usual))
    assert np.linalg.eigvalsh(found).min() > -1e-9
    assert likeness_of_vectors(vectors * 1000 + 5) == pytest.approx(found, abs=1e-6)


def test_equal_vectors_are_the_same_and_no_distance_is_usual() -> None:
    assert likeness_of_vectors(np.ones((3, 2))).tolist() == np.ones((3, 3)).tolist()
    twins = likeness_of_vectors([[0.0], [0.0], [2.0]])
    assert twins[0, 1] == 1
    assert twins[0, 2] == pytest.approx(np.exp(-1))


def test_leaders_are_those_of_sphere_exclusion() -> None:
    from hitsieve.chem.clusters import sphere_exclusion

    near = np.concatenate([MORGAN, MORGAN[:7]])
    for least in (0.02, 0.03, 0.5):
        wanted = sphere_exclusion(near, similarity=least)
        assert leaders(likeness(near), least).tolist() == wanted.tolist()
