from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.campaign.picks import initial_picks


@given(st.integers(0, 50), st.integers(0, 60), st.integers(0, 5), st.randoms())
def test_random_picks_do_not_depend_on_order(
    pool: int, n: int, seed: int, shuffler: object
) -> None:
    ids = [f"c{i}" for i in range(pool)]
    chosen = initial_picks(ids, n, seed=seed)
    shuffler.shuffle(ids)  # type: ignore[attr-defined]
    assert initial_picks(ids, n, seed=seed) == chosen
    assert len({pick.compound_id for pick in chosen}) == min(n, pool)


def test_random_picks_are_uniform_and_nested() -> None:
    ids = [f"c{i}" for i in range(1000)]
    counts = np.zeros(1000)
    for seed in range(200):
        for pick in initial_picks(ids, 100, seed=seed):
            counts[int(pick.compound_id[1:])] += 1
    # 200 draws at chance 0.1: mean 20, standard deviation 4.2; six of them is far out.
    assert abs(counts.mean() - 20) < 1e-9
    assert counts.min() > 0
    assert counts.max() < 46
    assert initial_picks(ids, 5, seed=1) == initial_picks(ids, 9, seed=1)[:5]
