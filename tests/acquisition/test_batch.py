from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.acquisition.batch import cap_clusters, determinantal, likeness, spread_out
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


def test_wrong_weights_are_refused() -> None:
    with pytest.raises(InputError, match="outside"):
        spread_out(WORTH, likeness(MORGAN), 2, 1.5)
