from __future__ import annotations

import numpy as np
import pytest

from hitsieve.acquisition.acquire import (
    AcquisitionConfig,
    acquire,
    acquisition_values,
    value_to_beat,
)
from hitsieve.acquisition.functions import expected_improvement
from hitsieve.config import parse_config
from hitsieve.errors import ConfigError, InputError

MEAN = np.array([5.0, 7.0, 6.0, np.nan])
STD = np.array([3.0, 0.1, 0.1, 0.1])


@pytest.mark.parametrize(
    ("kind", "best", "higher", "picks"),
    [
        ("greedy", None, True, [1, 2]),
        ("greedy", None, False, [0, 2]),
        ("gain", None, True, [1, 2]),
        ("gain", 3.0, True, [1, 2]),
        ("gain", 6.9, True, [0, 1]),
        ("ucb", None, True, [0, 1]),
        ("ei", 6.9, True, [0, 1]),
        ("pi", 6.5, True, [1, 0]),
        ("pi", 5.5, False, [0, 2]),
    ],
)
def test_each_kind_picks_what_it_should(
    kind: str, best: float | None, picks: list[int], *, higher: bool
) -> None:
    config = parse_config(AcquisitionConfig, {"kind": kind})
    found = acquire(config, MEAN, STD, 2, higher_is_better=higher, seed=0, best=best)
    assert found.tolist() == picks


@pytest.mark.parametrize("kind", ["thompson", "random"])
def test_random_kinds_repeat_with_their_seed(kind: str) -> None:
    config = parse_config(AcquisitionConfig, {"kind": kind})
    mean, std = np.zeros(100), np.ones(100)
    first, second, other = (
        acquire(config, mean, std, 5, higher_is_better=True, seed=s).tolist() for s in (1, 1, 2)
    )
    assert first == second != other


def test_hopeless_compounds_are_still_ranked_by_their_mean() -> None:
    config = AcquisitionConfig(kind="ei")
    mean, std = np.array([1.0, 3.0, 2.0]), np.full(3, 1e-3)
    assert not expected_improvement(mean, std, 100.0).any()
    found = acquire(config, mean, std, 3, higher_is_better=True, seed=0, best=100.0)
    assert found.tolist() == [1, 2, 0]


def test_ties_go_by_identity() -> None:
    ids = ["b", "a"]
    equal = np.ones(2)
    found = acquire(AcquisitionConfig(), equal, equal, 1, higher_is_better=True, seed=0, ids=ids)
    assert found.tolist() == [1]


def test_a_share_is_explored() -> None:
    config = AcquisitionConfig(epsilon=0.5)
    found = acquire(config, np.arange(100.0), np.ones(100), 10, higher_is_better=True, seed=3)
    assert found[:5].tolist() == [99, 98, 97, 96, 95]
    assert found[5:].max() < 95


def test_bad_settings_say_what_is_wrong() -> None:
    with pytest.raises(InputError, match="needs the best measured value"):
        acquisition_values(AcquisitionConfig(kind="pi"), MEAN, STD, higher_is_better=True, seed=0)
    with pytest.raises(ConfigError, match="epsilon"):
        parse_config(AcquisitionConfig, {"epsilon": 2})
    with pytest.raises(ConfigError, match="unknown key 'betta'"):
        parse_config(AcquisitionConfig, {"betta": 2})


def test_one_slider_goes_from_greedy_to_the_least_known() -> None:
    mean, std = [1.0, 2.0, 3.0], [0.9, 0.5, 0.1]
    ends = [
        acquire(
            AcquisitionConfig(kind="balance", explore=explore),
            mean, std, 1, higher_is_better=True, seed=1,
        ).tolist()
        for explore in (0.0, 1.0)
    ]  # fmt: skip
    assert ends == [[2], [0]]


def test_the_kth_best_is_what_top_has_to_beat() -> None:
    measured = [1.0, float("nan"), 4.0, 3.0, 2.0]
    top = AcquisitionConfig(kind="top", top=3)
    assert value_to_beat(top, measured, higher_is_better=True) == 2.0
    assert value_to_beat(top, measured, higher_is_better=False) == 3.0
    assert value_to_beat(AcquisitionConfig(kind="ei"), measured, higher_is_better=True) == 4.0
    assert value_to_beat(top, measured[:1], higher_is_better=True) == 1.0
    assert value_to_beat(top, [float("nan")], higher_is_better=True) is None
    chances = acquisition_values(
        top, [2.0, 9.0], [1.0, 1.0], higher_is_better=True, seed=1, best=2.0
    )
    assert chances[0] == 0.5
    assert chances[1] > 0.99


def test_a_gain_is_over_the_kth_best_but_over_no_less_than_the_best_quarter() -> None:
    measured = [*np.arange(1.0, 101.0), float("nan")]
    few, many = AcquisitionConfig(top=10), AcquisitionConfig(top=80)
    assert few.kind == "gain"
    assert value_to_beat(few, measured, higher_is_better=True) == 91.0
    assert value_to_beat(few, measured, higher_is_better=False) == 10.0
    assert value_to_beat(many, measured, higher_is_better=True) == 76.0
    assert value_to_beat(many, measured[:3], higher_is_better=True) == 3.0
    assert value_to_beat(many, [float("nan")], higher_is_better=True) is None


@pytest.mark.parametrize(
    "measured",
    [
        pytest.param([0.0] * 97 + [1.0] * 3, id="few active"),
        pytest.param([0.0] * 20 + [1.0] * 80, id="most active"),
        pytest.param([5.0] * 80 + [5.5, 6.0, 7.2], id="most at the limit of an assay"),
        pytest.param([5.0, 5.0, 5.0], id="all alike"),
        pytest.param([5.0], id="one"),
    ],
)
def test_where_nothing_lies_beyond_a_gain_takes_the_predicted_best(measured: list[float]) -> None:
    config = AcquisitionConfig()
    best = value_to_beat(config, measured, higher_is_better=True)
    assert best is None
    assert value_to_beat(config, -np.array(measured), higher_is_better=False) is None
    # likely active and well known, against unlike anything known
    picks = acquire(config, [0.6, 0.1], [0.3, 1.2], 1, higher_is_better=True, seed=0, best=best)
    assert picks.tolist() == [0]


def test_a_gain_has_something_to_beat_where_a_quarter_is_above_the_limit() -> None:
    measured = [5.0] * 60 + [5.5, 6.0, 7.2, 7.5] * 10
    assert value_to_beat(AcquisitionConfig(), measured, higher_is_better=True) == 6.0


def test_a_gain_is_bolder_where_more_has_been_found() -> None:
    # A sure compound against one that is worse by a spread, or may be much better.
    config, mean, std = AcquisitionConfig(), [5.0, 4.0], [0.1, 1.0]
    early, late = (
        acquire(config, mean, std, 1, higher_is_better=True, seed=0, best=best).tolist()
        for best in (3.0, 6.0)
    )
    assert (early, late) == ([0], [1])
