from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.acquisition.picks import epsilon_mix, pick
from hitsieve.errors import InputError

pools = st.lists(st.integers(-3, 3).map(float) | st.just(float("nan")), min_size=1, max_size=30)


@given(values=pools, k=st.integers(0, 35), data=st.data())
def test_picks_do_not_depend_on_the_order_of_the_pool(
    values: list[float], k: int, data: st.DataObject
) -> None:
    ids = [f"c{i:02d}" for i in range(len(values))]
    chosen = [ids[i] for i in pick(values, k, ids=ids)]
    order = data.draw(st.permutations(range(len(values))))
    shuffled_ids = [ids[i] for i in order]
    again = pick([values[i] for i in order], k, ids=shuffled_ids)
    assert [shuffled_ids[i] for i in again] == chosen
    usable = [(v, name) for v, name in zip(values, ids, strict=True) if not np.isnan(v)]
    expected = [name for _, name in sorted(usable, key=lambda pair: (-pair[0], pair[1]))][:k]
    assert chosen == expected


def test_a_second_criterion_settles_ties_before_names() -> None:
    assert pick([0.0, 0.0, 1.0], 2, ids=["a", "b", "c"], then=[1.0, 5.0, 0.0]).tolist() == [2, 1]
    assert pick([0.0, 0.0], 1).tolist() == [0]


@given(values=pools, k=st.integers(0, 35), epsilon=st.floats(0, 1), seed=st.integers(0, 9))
def test_a_mix_is_distinct_and_keeps_the_best(
    values: list[float], k: int, epsilon: float, seed: int
) -> None:
    mixed = epsilon_mix(values, k, epsilon=epsilon, seed=seed).tolist()
    best = pick(values, k).tolist()
    assert len(mixed) == len(set(mixed)) == len(best)
    kept = len(best) - round(epsilon * len(best))
    assert mixed[:kept] == best[:kept]
    assert not np.isnan(np.array(values)[mixed]).any()
    assert mixed == epsilon_mix(values, k, epsilon=epsilon, seed=seed).tolist()


def test_random_picks_reach_the_whole_rest() -> None:
    values = np.arange(10.0)
    seen: set[int] = set()
    for seed in range(200):
        seen.update(epsilon_mix(values, 2, epsilon=0.5, seed=seed)[1:].tolist())
    assert seen == set(range(9))


def test_bad_input_says_what_is_wrong() -> None:
    with pytest.raises(InputError, match="k = -1"):
        pick([1.0], -1)
    with pytest.raises(InputError, match="epsilon"):
        epsilon_mix([1.0], 1, epsilon=1.5, seed=0)
    with pytest.raises(InputError, match="differing lengths"):
        pick([1.0, 2.0], 1, ids=["a"])
