from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.chem.identity import bucket
from hitsieve.library.layout import BUCKETS, REVERSED, bucket_range, shard_count

POWERS = [1 << bits for bits in range(13)]


@pytest.mark.parametrize("shards", POWERS)
def test_ranges_cover_all_buckets_once(shards: int) -> None:
    ranges = sorted(bucket_range(shard, shards) for shard in range(shards))
    assert ranges[0][0] == 0
    assert ranges[-1][1] == BUCKETS
    assert all(a[1] == b[0] for a, b in itertools.pairwise(ranges))


@given(compound=st.text(max_size=30), shards=st.sampled_from(POWERS))
def test_a_compound_lies_in_the_shard_its_identity_names(compound: str, shards: int) -> None:
    start, stop = bucket_range(bucket(compound, shards), shards)
    assert start <= REVERSED[bucket(compound, BUCKETS)] < stop


@given(rows=st.integers(0, 10**9), shard_rows=st.integers(1, 10**6))
def test_shards_are_a_power_of_two_near_the_asked_size(rows: int, shard_rows: int) -> None:
    shards = shard_count(rows, shard_rows)
    assert shards in POWERS
    if 1 < shards < BUCKETS:
        assert 0.7 * shard_rows < rows / shards < 1.42 * shard_rows
