from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hitsieve.errors import NotFoundError, UsageError
from hitsieve.schema import SCORES
from hitsieve.screen import run_screen, top, top_hits
from hitsieve.screen.top import merge_top
from hitsieve.store import write_parquet_atomic

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.screen import ScreenConfig
    from hitsieve.testing.fakes import FakeSources

    Configure = Callable[..., ScreenConfig]

Row = tuple[str, float | None]


def best(rows: list[Row], direction: str) -> list[Row]:
    """Sort the plain way: failed rows last, best score first, ties by id."""
    sign = -1 if direction == "higher" else 1
    return sorted(rows, key=lambda row: (row[1] is None, sign * (row[1] or 0.0), row[0]))


def shard(
    path: Path, rows: list[Row], direction: str, outside: frozenset[str] = frozenset()
) -> Path:
    ranked = best(rows, direction)
    values = [score for _, score in ranked]
    columns: dict[str, Any] = dict.fromkeys(("score", "std", "lower", "upper"), values)
    columns |= {
        "compound_id": [key for key, _ in ranked],
        "in_domain": [key not in outside for key, _ in ranked],
        "status": ["failed" if score is None else "ok" for score in values],
    }
    write_parquet_atomic(path, SCORES.build(columns))
    return path


def pairs(table: pa.Table) -> list[Row]:
    return list(zip(table["compound_id"].to_pylist(), table["score"].to_pylist(), strict=True))


FEW_VALUES = st.sampled_from([None, -1.5, -0.0, 0.0, 1.0, 2.5])


@settings(deadline=None, max_examples=60)
@given(
    scores=st.lists(FEW_VALUES, max_size=40),
    shards=st.integers(1, 5),
    k=st.integers(0, 45),
    direction=st.sampled_from(["higher", "lower"]),
    batch=st.sampled_from([1, 3, 4096]),
    foreign=st.integers(1, 4),
    in_domain=st.booleans(),
)
def test_the_merge_equals_a_full_sort(
    tmp_path_factory: pytest.TempPathFactory,
    scores: list[float | None],
    shards: int,
    k: int,
    direction: str,
    batch: int,
    foreign: int,
    *,
    in_domain: bool,
) -> None:
    folder = tmp_path_factory.mktemp("top")
    rows: list[Row] = [(f"K{i * 7919 % 1000:03d}", score) for i, score in enumerate(scores)]
    outside = frozenset(key for key, _ in rows[::foreign])
    paths = [
        shard(folder / f"{i}.parquet", rows[i::shards], direction, outside) for i in range(shards)
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(top, "_BATCH", batch)
        found = merge_top(paths, direction, k, in_domain=in_domain)
    listed = [row for row in rows if not in_domain or row[0] not in outside]
    assert pairs(found) == best(listed, direction)[:k]


@pytest.mark.parametrize("k", [0, 1, 10, 131, 132, 500])
@pytest.mark.parametrize("target", ["CDK2/cyclin A", "shape"])
def test_the_top_of_a_screen_equals_a_full_sort(
    configure: Configure, sources: FakeSources, target: str, k: int
) -> None:
    folder = run_screen(configure(models=["gnn@1"]), sources=sources).folder
    quoted = target.replace("/", "%2F").replace(" ", "%20")
    files = sorted((folder / "scores" / f"target={quoted}").rglob("*.parquet"))
    rows = [row for path in files for row in pairs(pq.ParquetFile(path).read())]
    assert len(rows) == 132
    assert any(score is None for _, score in rows)
    direction = "higher" if target.startswith("CDK2") else "lower"
    assert pairs(top_hits(folder, target, k=k)) == best(rows, direction)[:k]


def test_a_shard_is_read_only_as_long_as_it_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = shard(tmp_path / "0.parquet", [(f"A{i:03d}", 100.0 + i) for i in range(100)], "higher")
    poor = shard(tmp_path / "1.parquet", [(f"B{i:03d}", float(i)) for i in range(100)], "higher")
    read = 0
    original = top.best_of

    def spy(*arguments: Any) -> pa.Table:
        nonlocal read
        read += 1
        return original(*arguments)

    monkeypatch.setattr(top, "best_of", spy)
    monkeypatch.setattr(top, "_BATCH", 5)
    assert merge_top([good, poor], "higher", 10).num_rows == 10
    # of twenty batches a file: two fill the list, whose worst row ends the first file, and one
    # ends the second
    assert read == 3


def test_only_finished_shards_count(configure: Configure, sources: FakeSources) -> None:
    folder = run_screen(configure(models=["gnn@1"]), sources=sources).folder
    (folder / "_commits/target=shape/model=gnn@1/shard-00003.json").unlink()
    (folder / "scores/target=shape/model=gnn@1/shard-00003.parquet").write_bytes(b"half")
    assert top_hits(folder, "shape", k=500).num_rows == 72


def test_wrong_requests_are_explained(configure: Configure, sources: FakeSources) -> None:
    folder = run_screen(configure(), sources=sources).folder
    with pytest.raises(UsageError, match="k = -1"):
        top_hits(folder, "shape", "gnn@1", -1)
    with pytest.raises(UsageError, match="several models"):
        top_hits(folder, "shape")
    with pytest.raises(NotFoundError, match="no target 'size'"):
        top_hits(folder, "size")
