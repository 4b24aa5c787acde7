from __future__ import annotations

import numpy as np
import pytest

from hitsieve.acquisition.acquire import AcquisitionConfig, acquire, acquisition_values
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
