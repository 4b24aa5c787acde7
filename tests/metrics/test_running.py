from __future__ import annotations

import math
import pickle
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.errors import InputError
from hitsieve.metrics.running import Histogram, Moments, Tally, TopK

numbers = st.floats(-1e100, 1e100) | st.just(float("nan"))
EDGES = [-10.0, -1.0, 0.0, 0.5, 100.0]


def _shards(data: st.DataObject, items: list[Any]) -> list[list[Any]]:
    """Cut a shuffled list into any number of shards in any order."""
    shuffled = data.draw(st.permutations(items))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(items)), max_size=5)))
    ends = [0, *cuts, len(items)]
    return [list(shuffled[a:b]) for a, b in pairwise(ends)]


def _merge(data: st.DataObject, pieces: list[Any]) -> Any:
    """Merge pieces as a random tree."""
    left = list(pieces)
    while len(left) > 1:
        i = data.draw(st.integers(0, len(left) - 2))
        left[i : i + 2] = [left[i].merge(left[i + 1])]
    return left[0]


@given(data=st.data(), values=st.lists(numbers, max_size=40))
def test_moments_do_not_depend_on_the_shards(data: st.DataObject, values: list[float]) -> None:
    whole = Moments.empty().update(values)
    pieces = [Moments.empty().update(shard) for shard in _shards(data, values)]
    assert _merge(data, pieces) == whole
    assert reduce(lambda m, shard: m.update(shard), _shards(data, values), Moments()) == whole


@given(data=st.data(), values=st.lists(numbers, max_size=40))
def test_histograms_do_not_depend_on_the_shards(data: st.DataObject, values: list[float]) -> None:
    whole = Histogram.empty(EDGES).update(values)
    merged = _merge(data, [Histogram.empty(EDGES).update(s) for s in _shards(data, values)])
    assert merged == whole
    assert whole.total + whole.missing == len(values)


@given(data=st.data(), names=st.lists(st.sampled_from(["ok", "failed", "rejected"])))
def test_tallies_do_not_depend_on_the_shards(data: st.DataObject, names: list[str]) -> None:
    merged = _merge(data, [Tally.empty().update(s) for s in _shards(data, names)])
    assert merged.result() == {n: names.count(n) for n in sorted(set(names))}


@given(
    data=st.data(),
    scores=st.lists(st.integers(-3, 3).map(float) | st.just(float("nan")), max_size=40),
    k=st.integers(1, 10),
    higher=st.booleans(),
)
def test_the_top_is_that_of_a_full_sort(
    data: st.DataObject, scores: list[float], k: int, *, higher: bool
) -> None:
    items = [(f"id{i:03d}", score) for i, score in enumerate(scores)]
    pieces = [
        TopK.empty(k, higher_is_better=higher).update(
            [name for name, _ in shard], [score for _, score in shard]
        )
        for shard in _shards(data, items)
    ]
    sign = -1 if higher else 1
    usable = [item for item in items if not math.isnan(item[1])]
    expected = sorted(usable, key=lambda item: (sign * item[1], item[0]))[:k]
    assert _merge(data, pieces).result() == expected


def test_moments_equal_numpy() -> None:
    values = np.random.default_rng(0).normal(1e6, 1e-3, size=10_000)
    found = Moments.empty().update(values).result()
    assert found.count == 10_000
    assert found.mean == pytest.approx(values.mean(), rel=1e-15)
    assert found.std == pytest.approx(values.std(), rel=1e-8)
    assert (found.minimum, found.maximum) == (values.min(), values.max())


def test_nothing_seen_has_no_mean() -> None:
    found = Moments.empty().update([float("nan")]).result()
    assert found.count == 0
    assert math.isnan(found.mean)


def test_bins_are_those_of_numpy() -> None:
    values = np.random.default_rng(0).normal(0, 5, size=1000)
    inside = values[(values >= EDGES[0]) & (values <= EDGES[-1])]
    found = Histogram.empty(EDGES).update(values)
    assert found.counts == tuple(np.histogram(inside, bins=EDGES)[0])
    assert found.result().sum() == 1000
    assert found.result()[0] == (values < EDGES[0]).sum()


def test_states_survive_pickling() -> None:
    for state in (
        Moments.empty().update([1.0]),
        Histogram.empty(EDGES).update([0.0]),
        Tally.empty().update(["ok"]),
        TopK.empty(3).update(["a"], [1.0]),
    ):
        assert pickle.loads(pickle.dumps(state)) == state  # noqa: S301 - its own bytes


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: TopK.empty(0), "k = 0"),
        (lambda: TopK.empty(1).merge(TopK.empty(2)), "differing size"),
        (lambda: TopK.empty(1).update(["a"], [1.0, 2.0]), "1 identifiers for 2"),
        (lambda: Histogram.empty([1.0]), "do not increase"),
        (lambda: Histogram.empty([1.0, 1.0]), "do not increase"),
        (lambda: Histogram.empty([0, 1]).merge(Histogram.empty([0, 2])), "differing edges"),
        (lambda: Moments.empty().update([float("inf")]), "too large"),
    ],
)
def test_bad_input_says_what_is_wrong(call: object, text: str) -> None:
    with pytest.raises(InputError, match=text):
        call()  # type: ignore[operator]
