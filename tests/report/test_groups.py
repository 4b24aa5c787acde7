from __future__ import annotations

import numpy as np
import pytest

from hitsieve.report.groups import best_groups, shrunken_means, wilson


def _values(spread: float, n: int = 40, size: int = 5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    truth = 6 + spread * rng.standard_normal(n)
    place = np.repeat(np.arange(n), size)
    return place, truth[place] + rng.standard_normal(n * size), truth


def test_few_values_are_drawn_towards_the_common_mean() -> None:
    place, values, truth = _values(0.5)
    found = shrunken_means(place, values, len(truth))
    own = np.array([values[place == number].mean() for number in range(len(truth))])
    shrunk = np.array([one.value for one in found])
    assert np.abs(shrunk - 6).mean() < 0.8 * np.abs(own - 6).mean()
    assert ((shrunk - truth) ** 2).mean() < ((own - truth) ** 2).mean()
    covered = np.mean([one.low <= t <= one.high for one, t in zip(found, truth, strict=True)])
    assert covered > 0.85


def test_groups_that_do_not_differ_get_the_common_mean() -> None:
    place, values, _ = _values(0.0)
    found = shrunken_means(place, values, 40)
    assert np.std([one.value for one in found]) < 0.2
    (alone,) = shrunken_means(np.zeros(3, np.int64), np.array([1.0, 2.0, 3.0]), 1)
    assert alone.value == pytest.approx(2.0)


def test_a_group_without_values_is_anywhere() -> None:
    place, values, _ = _values(2.0)
    found = shrunken_means(place, values, 41)
    assert found[40].value == pytest.approx(values.mean())
    assert found[40].high - found[40].low > 3 * (found[0].high - found[0].low)


def test_a_given_center_is_drawn_to() -> None:
    rng = np.random.default_rng(1)
    place = np.repeat(np.arange(30), 4)
    change = rng.standard_normal(120) * 2 + (place == 0) * 8
    found = shrunken_means(place, change, 30, center=0.0)
    assert found[0].low > 0
    assert np.abs([one.value for one in found[1:]]).mean() < np.abs(change[4:]).mean() / 2


def test_shares_of_none_and_all_are_no_certainties() -> None:
    assert wilson(0, 3).high == pytest.approx(0.5615, abs=1e-3)
    assert wilson(3, 3).low == pytest.approx(0.4385, abs=1e-3)
    assert wilson(0, 0)[::2] == (0.0, 1.0)


@pytest.mark.parametrize("higher", [True, False])
def test_the_surely_best_come_first(*, higher: bool) -> None:
    names = ["good"] * 12 + ["lucky"] * 3 + ["poor"] * 20 + ["single"]
    rng = np.random.default_rng(0)
    values = np.concatenate([7 + 0.3 * rng.standard_normal(12), [7.6, 5.5, 7.4],
                             5 + 0.3 * rng.standard_normal(20), [9.9]])  # fmt: skip
    values = values if higher else -values
    found = best_groups(names, values, values, higher_is_better=higher, most=9)
    assert [one.name for one in found] == ["good", "lucky"], "the poor are no better than all"
    good = found[0]
    assert good.count == 12
    assert [values[good.members[0]]] == [values[:12].max() if higher else values[:12].min()]
    assert good.mean.low < good.mean.value < good.mean.high
    best = np.sort(values if higher else -values)[-3:]
    assert good.hits == sum(abs(value) >= best[0] for value in values[:12])
    assert best_groups(names, values, values, higher_is_better=higher, most=1) == found[:1]


def test_bounds_have_no_part_in_means_and_count_as_hits_where_surely_reached() -> None:
    names = ["a"] * 6 + ["b"] * 30
    exact = np.array([8.0, 8.1, 8.2, np.nan, np.nan, np.nan] + [5.0] * 30)
    sure = np.array([8.0, 8.1, 8.2, 9.0, np.nan, np.nan] + [5.0] * 30)
    (found,) = best_groups(names, exact, sure, higher_is_better=True, most=5)
    assert found.name == "a"
    assert found.count == 6
    assert found.members[0] == 3, "above 9 is the best"
    assert found.mean.high < 8.5
    assert found.hits == 3, "of 34 sure values three are the best tenth"


def test_too_few_values_say_nothing() -> None:
    nothing = np.array([np.nan, 1.0, 2.0])
    assert best_groups(["a"] * 3, nothing, nothing, higher_is_better=True, most=5) == []
