"""Where the files of a library lie, and how compounds spread over them.

::

    <library>/
      manifest.json                   written last: a library is finished when it is there
      shards/shard-00000.parquet      LIBRARY rows, sorted by compound_id
      rejects/chunk-00000.parquet     REJECTS rows of an input chunk; absent if it has none
      rejects/shard-00000.parquet     REJECTS rows that failed to be featurized
      withdrawn/shard-00000.parquet   identifiers no longer listed; absent if there are none
      _commits/shards/…               commit records
      runs/                           timings; the only part that may differ between runs
      staging/                        between the two stages of a build; removed at its end
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.store.layout import shard_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

MANIFEST: Final = "manifest.json"
STAGING: Final = "staging"
PLAN: Final = "staging/plan.json"
RUNS: Final = "runs"

BUCKET_BITS: Final = 12
BUCKETS: Final = 1 << BUCKET_BITS


def _reversed_bits() -> NDArray[np.uint16]:
    numbers = np.arange(BUCKETS, dtype=np.uint16)
    out = np.zeros(BUCKETS, dtype=np.uint16)
    for bit in range(BUCKET_BITS):
        out |= ((numbers >> np.uint16(bit)) & np.uint16(1)) << np.uint16(BUCKET_BITS - 1 - bit)
    return out


REVERSED: Final = _reversed_bits()
"""Bits of a 12-bit number in reverse: the residue of a hash modulo any power of two becomes
a contiguous range of buckets, so one sorted file serves any number of shards."""


def bucket_range(shard: int, shards: int) -> tuple[int, int]:
    """Return the first bucket of a shard, and the first one behind it.

    Examples
    --------
    >>> bucket_range(0, 1), bucket_range(1, 2), bucket_range(1, 4)
    ((0, 4096), (2048, 4096), (2048, 3072))
    """
    width = BUCKETS // shards
    start = int(REVERSED[shard])
    return start, start + width


def shard_count(compounds: int, shard_rows: int) -> int:
    """Return the power of two, at most 4096, that brings shards nearest to ``shard_rows``.

    Examples
    --------
    >>> shard_count(0, 20_000), shard_count(20_000, 20_000), shard_count(70_000, 20_000)
    (1, 1, 4)
    """
    bits = round(np.log2(max(compounds, 1) / shard_rows))
    return 1 << min(max(int(bits), 0), BUCKET_BITS)


def chunk_name(index: int) -> str:
    """Return the name of a chunk of consecutive input records."""
    return f"chunk-{index:05d}"


def chunk_key(index: int) -> str:
    """Return the commit key of a staged chunk."""
    return f"{STAGING}/{chunk_name(index)}"


def staged_path(index: int) -> str:
    """Return where a chunk's kept records wait for the second stage."""
    return f"{STAGING}/{chunk_name(index)}.arrow"


def shard_key(index: int) -> str:
    """Return the commit key of a shard."""
    return f"shards/{shard_name(index)}"


def shard_path(index: int) -> str:
    """Return where a shard lies."""
    return f"shards/{shard_name(index)}.parquet"


def rejects_path(name: str) -> str:
    """Return where the refused records of a chunk or shard lie."""
    return f"rejects/{name}.parquet"


def withdrawn_path(name: str) -> str:
    """Return where the marks of a shard lie: which identifiers are no longer listed."""
    return f"withdrawn/{name}.parquet"
