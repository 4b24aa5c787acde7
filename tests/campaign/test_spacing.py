from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.campaign.config import CampaignConfig, DiversityConfig
from hitsieve.campaign.spacing import fingerprints, spaced
from hitsieve.config import parse_config
from hitsieve.errors import ConfigError, UsageError
from hitsieve.library import Library

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def pool(library: Path) -> Library:
    return Library.open(library)


@pytest.fixture(scope="module")
def ids(pool: Library) -> list[str]:
    tables = pool.iter_tables(["compound_id"])
    return sorted(name for one in tables for name in one[0].to_pylist())[:12]


def places(
    pool: Library, ids: list[str], how: str, n: int = 4, space: str = "embedding"
) -> list[int]:
    def embed(names: Sequence[str]) -> NDArray[np.float64]:
        # Four groups far from each other, three compounds in each; the best are of one group.
        assert list(names) == ids
        return np.repeat(np.eye(4) * 9, 3, axis=0) + np.arange(12)[:, None] * 1e-3

    config = DiversityConfig(how=how, space=space, weight=0.8, cap=1, similarity=0.6)
    return spaced(config, pool, ids, n, lambda _: True, embed).tolist()


@pytest.mark.parametrize("how", ["maxmin", "determinantal", "clusters"])
def test_one_of_each_group_is_taken(pool: Library, ids: list[str], how: str) -> None:
    found = places(pool, ids, how)
    assert sorted(place // 3 for place in found) == [0, 1, 2, 3]
    assert found[0] == 0


def test_fingerprints_know_nothing_of_it(pool: Library, ids: list[str]) -> None:
    assert places(pool, ids, "maxmin") != places(pool, ids, "maxmin", space="fingerprint")


def test_so_few_are_all_taken(pool: Library, ids: list[str]) -> None:
    assert places(pool, ids, "determinantal", n=12) == list(range(12))


def test_a_surrogate_without_a_space_is_named(pool: Library, ids: list[str]) -> None:
    config = DiversityConfig(how="maxmin", space="embedding")
    with pytest.raises(UsageError, match="no space of its own"):
        spaced(config, pool, ids, 2, lambda _: True)


def test_a_space_without_a_way_to_look_is_refused() -> None:
    values = {"library": "l", "folder": "f", "diversity": {"space": "embedding"}}
    with pytest.raises(ConfigError, match="give `how`"):
        parse_config(CampaignConfig, values)


def test_fingerprints_come_in_the_order_asked(pool: Library, ids: list[str]) -> None:
    assert (fingerprints(pool, ids[::-1]) == fingerprints(pool, ids)[::-1]).all()
