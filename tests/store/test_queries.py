from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from hitsieve.errors import InputError, UsageError
from hitsieve.store import Commit, Ledger, dataset, write_parquet_atomic
from hitsieve.store.queries import dask_frame, fold, sql
from hitsieve.store.reader import committed_files

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for target, values in (("a", [1.0, 5.0]), ("b", [2.0])):
        key = f"target={target}/shard-00000"
        written = write_parquet_atomic(tmp_path / f"{key}.parquet", pa.table({"x": values}))
        Ledger(tmp_path).commit(Commit(key, {f"{key}.parquet": written.sha256}, written.rows, "f"))
    return tmp_path


def test_sql_sees_committed_rows_and_partitions(root: Path) -> None:
    query = "select target, max(x) as best from scores group by target order by target"
    found = sql(query, scores=dataset(root)).to_pylist()
    assert found == [{"target": "a", "best": 5.0}, {"target": "b", "best": 2.0}]


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_csv('/etc/passwd')",
        "copy (select 1) to '/tmp/stolen.csv'",
        "install httpfs",
        "set enable_external_access = true",
        "select * from query",
        "selec 1",
    ],
)
def test_sql_reaches_nothing_else(root: Path, query: str) -> None:
    with pytest.raises(UsageError, match="query refused"):
        sql(query, scores=dataset(root))


@pytest.mark.parametrize("query", ["create table t (x integer)", "select 1; select 2", ""])
def test_only_one_question_is_answered(query: str) -> None:
    with pytest.raises(UsageError, match="no single SELECT"):
        sql(query)


def test_dask_reads_the_same_rows(root: Path) -> None:
    frame = dask_frame(committed_files(root).values(), ["x"])
    assert frame.npartitions == 2
    assert float(frame["x"].sum().compute(scheduler="threads")) == 8.0


def test_no_files_are_refused() -> None:
    with pytest.raises(InputError, match="no files"):
        dask_frame([])


@pytest.mark.parametrize("pieces", [1, 2, 3, 8, 13])
def test_folding_merges_every_piece_once(pieces: int) -> None:
    items = list(range(pieces))
    found = fold(items, lambda item: {item}, lambda a, b: a | b)
    assert found == set(items)
    assert fold(items, lambda _: 1, lambda a, b: a + b) == pieces
