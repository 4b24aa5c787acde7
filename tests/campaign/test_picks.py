from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hitsieve.acquisition.acquire import AcquisitionConfig
from hitsieve.campaign.picks import initial_picks, next_picks
from hitsieve.schema import SCORES

if TYPE_CHECKING:
    import pyarrow as pa


def scores(values: list[float | None], start: int = 0) -> pa.Table:
    n = len(values)
    failed = [value is None for value in values]
    return SCORES.build(
        {
            "compound_id": [f"c{start + i:03d}" for i in range(n)],
            "score": values,
            "std": [None if bad else 0.1 for bad in failed],
            "lower": values,
            "upper": values,
            "in_domain": [True] * n,
            "status": ["failed" if bad else "ok" for bad in failed],
        }
    )


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


@settings(max_examples=50)
@given(
    values=st.lists(st.one_of(st.none(), st.integers(-4, 4).map(float)), max_size=30),
    n=st.integers(1, 10),
    cut=st.integers(0, 30),
    higher=st.booleans(),
)
def test_greedy_picks_equal_a_full_sort_however_the_pool_is_cut(
    values: list[float | None], n: int, cut: int, *, higher: bool
) -> None:
    cut = min(cut, len(values))
    exclude = {"c001", "c004"}
    pieces = [scores(values[:cut]), scores(values[cut:], start=cut)]
    sign = -1 if higher else 1
    wanted = sorted(
        (sign * value, f"c{i:03d}")
        for i, value in enumerate(values)
        if value is not None and f"c{i:03d}" not in exclude
    )[:n]
    found = next_picks(
        pieces,
        n,
        acquisition=AcquisitionConfig(),
        exclude=exclude,
        higher_is_better=higher,
        seed=1,
    )
    assert [pick.compound_id for pick in found] == [name for _, name in wanted]


def test_thompson_draws_differ_between_pieces_and_repeat() -> None:
    pieces = [scores([0.0] * 20), scores([0.0] * 20, start=20)]

    def chosen(seed: int) -> list[tuple[str, float | None]]:
        found = next_picks(
            pieces,
            40,
            acquisition=AcquisitionConfig(kind="thompson"),
            exclude=(),
            higher_is_better=True,
            seed=seed,
        )
        return [(pick.compound_id, pick.value) for pick in found]

    assert chosen(1) == chosen(1)
    assert chosen(1) != chosen(2)
    assert len({value for _, value in chosen(1)}) == 40
