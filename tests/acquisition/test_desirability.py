from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.acquisition.desirability import (
    TransformConfig,
    aggregate,
    chebyshev,
    desirability,
    reaching,
)
from hitsieve.errors import InputError

NUMBERS = st.floats(-50, 50)


@given(st.lists(NUMBERS, min_size=2, max_size=20))
def test_rising_and_falling_are_mirror_images(values: list[float]) -> None:
    up = desirability(TransformConfig(kind="rising", low=1.0, high=4.0), sorted(values))
    down = desirability(TransformConfig(kind="falling", low=1.0, high=4.0), sorted(values))
    assert (np.diff(up) >= 0).all()
    assert up + down == pytest.approx(np.ones(len(values)))


def test_a_window_wants_its_middle() -> None:
    window = TransformConfig(kind="inside", low=2.0, high=6.0, width=0.5)
    inside, border, outside = desirability(window, [4.0, 2.0, 1.5])
    assert inside > 0.999
    assert border == pytest.approx(0.5, abs=1e-6)
    assert outside == pytest.approx(0.01, abs=1e-3)


def test_linear_has_kinks() -> None:
    linear = TransformConfig(kind="linear", low=0.0, high=10.0)
    assert desirability(linear, [-1.0, 2.5, 11.0]).tolist() == [0.0, 0.25, 1.0]


def test_what_is_unknown_stays_unknown() -> None:
    assert np.isnan(desirability(TransformConfig(low=0.0, high=1.0), [np.nan])).all()
    assert np.isnan(aggregate("geometric_mean", [[np.nan, 1.0]], [1, 1])).all()


@given(st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=1, max_size=9))
def test_aggregates_lie_between_the_worst_and_the_best(rows: list[list[float]]) -> None:
    weights = [1.0, 2.0, 3.0]
    low, high = np.min(rows, axis=1), np.max(rows, axis=1)
    for kind in ("mean", "geometric_mean", "worst"):
        found = aggregate(kind, rows, weights)  # type: ignore[arg-type]
        assert (found >= low - 1e-9).all()
        assert (found <= high + 1e-8).all()


def test_chebyshev_prefers_what_its_direction_asks_for() -> None:
    one, other = [0.9, 0.2], [0.2, 0.9]
    left = chebyshev([one, other], [9, 1])
    right = chebyshev([one, other], [1, 9])
    assert left[0] > left[1]
    assert right[1] > right[0]


def test_weights_must_fit() -> None:
    with pytest.raises(InputError, match="for 2 components"):
        aggregate("mean", [[0.1, 0.2]], [1.0])
    with pytest.raises(InputError, match="above 0"):
        chebyshev([[0.1, 0.2]], [1.0, 0.0])


@pytest.mark.parametrize("kind", ["rising", "falling", "linear"])
def test_a_desirability_is_reached_from_its_value_on(kind: str) -> None:
    config = TransformConfig(kind=kind, low=2.0, high=7.0)
    wanted = np.array([0.02, 0.4, 0.6, 0.98])
    value = reaching(config, wanted)
    assert desirability(config, value) == pytest.approx(wanted)
    better = 1e-3 if config.higher_is_better else -1e-3
    assert (desirability(config, value + better) > wanted).all()
    assert (desirability(config, value - better) < wanted).all()
    ends = reaching(config, [-0.1, 0.0, 1.1])
    assert ends.tolist() == (
        [-np.inf, -np.inf, np.inf] if config.higher_is_better else [np.inf, np.inf, -np.inf]
    )
    assert np.isfinite(reaching(config, 1.0))


def test_a_window_is_reached_from_both_sides() -> None:
    with pytest.raises(InputError, match="both ends"):
        reaching(TransformConfig(kind="inside", low=1, high=2), 0.5)


def test_from_any_direction_all_is_1_and_nothing_0() -> None:
    for way in ([1.0, 1.0], [0.01, 5.0]):
        assert chebyshev([[1.0, 1.0], [0.0, 0.0]], way) == pytest.approx([1.0, 0.0])
