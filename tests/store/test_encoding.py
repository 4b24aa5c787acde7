from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hitsieve.store import write_parquet_atomic
from hitsieve.store.encoding import GENERAL, Encoding

if TYPE_CHECKING:
    from pathlib import Path

TABLE = pa.table({"key": ["b", "c", "a"], "score": [3.0, 2.0, 1.0], "status": ["ok"] * 3})
FAST = Encoding("snappy", ("status",), ("key",))


@pytest.mark.parametrize("encoding", [GENERAL, FAST])
def test_any_encoding_keeps_the_table_and_its_bytes(encoding: Encoding, tmp_path: Path) -> None:
    first = write_parquet_atomic(tmp_path / "a.parquet", TABLE, {}, encoding)
    again = write_parquet_atomic(tmp_path / "b.parquet", TABLE, {}, encoding)
    assert first == again
    assert pq.read_table(tmp_path / "a.parquet").equals(TABLE)


def test_columns_are_encoded_as_chosen(tmp_path: Path) -> None:
    write_parquet_atomic(tmp_path / "a.parquet", TABLE, {}, FAST)
    group = pq.read_metadata(tmp_path / "a.parquet").row_group(0)
    key, score, status = (group.column(place) for place in range(3))
    assert {column.compression for column in (key, score, status)} == {"SNAPPY"}
    assert not key.is_stats_set
    assert (score.statistics.min, score.statistics.max) == (1.0, 3.0)
    assert status.has_dictionary_page
    assert not key.has_dictionary_page
