from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from hitsieve.acquisition.acquire import AcquisitionConfig
from hitsieve.campaign.ranking import View, next_picks, ranked
from hitsieve.schema import SCORES

if TYPE_CHECKING:
    from collections.abc import Sequence


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


def from_several_sides(n: int, views: Sequence[View]) -> list[str]:
    first, second = [5.0, 4.0, 3.0, 0.0, 0.0, 0.0], [0.0, 4.5, 0.0, 9.0, 8.0, 1.0]
    table = scores(list(first))
    for name, values in (("score.0", second), ("std.0", [0.1] * 6)):
        table = table.append_column(name, pa.array(values, pa.float32()))
    found = ranked(
        [table.slice(0, 2), table.slice(2)],
        n,
        views,
        acquisition=AcquisitionConfig(kind="greedy"),
        exclude=(),
        higher_is_better=True,
        seed=1,
    )
    assert [float(value) for value in found.mean] == [first[int(name[1:])] for name in found.ids]
    return found.ids


def test_views_take_turns_and_each_compound_stands_once() -> None:
    plain, other = View(), View(score="score.0", std="std.0")
    assert from_several_sides(3, [plain]) == ["c000", "c001", "c002"]
    assert from_several_sides(3, [other]) == ["c003", "c004", "c001"]
    assert from_several_sides(6, [plain, other]) == [
        "c000", "c003", "c001", "c004", "c002", "c005",
    ]  # fmt: skip
    assert from_several_sides(2, [plain, other]) == ["c000", "c003"]


def test_each_view_has_its_own_value_to_beat() -> None:
    # Beyond 8.5 there is but one, seen from the other side; all others are worth nothing there.
    views = [View(best=8.5, score="score.0", std="std.0")]
    table = scores([5.0, 4.0, 3.0]).append_column(
        "score.0", pa.array([0.0, 9.0, 8.0], pa.float32())
    )
    table = table.append_column("std.0", pa.array([0.1] * 3, pa.float32()))
    found = ranked(
        [table],
        3,
        views,
        acquisition=AcquisitionConfig(kind="ei"),
        exclude=(),
        higher_is_better=True,
        seed=1,
    )
    assert found.ids == ["c001", "c002", "c000"]
    assert found.values[0] > 0.4
    assert found.values[1] < 1e-3


def test_worth_is_divided_and_what_cannot_be_had_is_left_out() -> None:
    found = ranked(
        [scores([8.0, 6.0, 4.0, 9.0])],
        4,
        [View()],
        acquisition=AcquisitionConfig(kind="greedy"),
        exclude=(),
        higher_is_better=True,
        seed=1,
        divisor=lambda ids: np.array([{"c000": 4.0, "c003": np.nan}.get(i, 1.0) for i in ids]),
    )
    assert found.ids == ["c001", "c002", "c000"]
    assert found.values.tolist() == [6.0, 4.0, 2.0]
