from __future__ import annotations

import itertools

import numpy as np
import pytest

from hitsieve.campaign.reagents.effects import Tables
from hitsieve.campaign.reagents.search import best_choices, spread_choices


def _tables(sizes: tuple[int, ...], seed: int = 0) -> Tables:
    rng = np.random.default_rng(seed)
    pairs = list(itertools.combinations(sizes, 2))
    return Tables(
        tuple(rng.standard_normal(n) for n in sizes),
        tuple(0.5 * rng.standard_normal((a, 3)) for a, _ in pairs),
        tuple(0.5 * rng.standard_normal((b, 3)) for _, b in pairs),
    )


def _all(sizes: tuple[int, ...]) -> list[np.ndarray]:
    return [np.ones(n, bool) for n in sizes]


def _every(sizes: tuple[int, ...]) -> np.ndarray:
    return np.array(list(itertools.product(*map(range, sizes))))


@pytest.mark.parametrize("sizes", [(7,), (6, 9), (5, 8, 4)])
def test_small_roles_are_searched_exactly(sizes: tuple[int, ...]) -> None:
    tables, every = _tables(sizes), _every(sizes)
    choices, values = best_choices(tables, _all(sizes), shortlist=20, most=6)
    worth = tables.of(every)
    best = np.argsort(-worth, kind="stable")[:6]
    np.testing.assert_array_equal(choices, every[best])
    np.testing.assert_allclose(values, worth[best])


def test_large_roles_are_cut_to_what_promises_most() -> None:
    sizes = (60, 50, 40)
    tables, every = _tables(sizes), _every(sizes)
    worth = tables.of(every)
    _, values = best_choices(tables, _all(sizes), shortlist=15, most=20)
    assert values[0] == pytest.approx(worth.max())
    best = np.sort(worth)[::-1][:20]
    assert np.isclose(best[:, None], values[None, :]).any(axis=1).mean() > 0.8


def test_only_allowed_reagents_are_in_products() -> None:
    sizes = (30, 25, 20)
    tables, every = _tables(sizes), _every(sizes)
    allowed = _all(sizes)
    allowed[0][:20] = False
    allowed[2][5:] = False
    kept = every[(every[:, 0] >= 20) & (every[:, 2] < 5)]
    choices, values = best_choices(tables, allowed, shortlist=8, most=10)
    assert (choices[:, 0] >= 20).all()
    assert (choices[:, 2] < 5).all()
    assert values[0] == pytest.approx(tables.of(kept).max())
    allowed[1][:] = False
    none, _ = best_choices(tables, allowed, shortlist=8, most=10)
    assert none.shape == (0, 3)


@pytest.mark.parametrize("sizes", [(9, 4), (5, 5, 12)])
def test_every_reagent_is_tried(sizes: tuple[int, ...]) -> None:
    times = 3
    tries = spread_choices(_all(sizes), times, np.random.default_rng(1))
    first = np.array([next(tries) for _ in range(times * max(sizes))])
    for role, size in enumerate(sizes):
        counts = np.bincount(first[:, role], minlength=size)
        assert counts.min() >= times
        assert counts.max() - counts.min() <= 1


def test_what_cannot_be_had_is_not_tried() -> None:
    allowed = _all((9, 4))
    allowed[0][3:6] = False
    tries = spread_choices(allowed, 2, np.random.default_rng(1))
    first = np.array([next(tries) for _ in range(2 * 6)])
    assert sorted(set(first[:, 0].tolist())) == [0, 1, 2, 6, 7, 8]
