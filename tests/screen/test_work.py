from __future__ import annotations

import pickle
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hitsieve.errors import ChecksumError, SchemaError, StorageError, UsageError
from hitsieve.screen import work
from hitsieve.screen.claim import claim_folder
from hitsieve.screen.planning import plan_screen
from hitsieve.screen.work import Prepared, ShardJob, finished, prepare
from hitsieve.store import Commit, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.screen import ScreenConfig
    from hitsieve.screen.plan import ScreenPlan
    from hitsieve.testing.fakes import FakeSources

    Configure = Callable[..., ScreenConfig]


@pytest.fixture
def plan(configure: Configure, sources: FakeSources) -> ScreenPlan:
    return plan_screen(configure(), sources)


@pytest.fixture
def folder(plan: ScreenPlan, tmp_path: Path) -> Path:
    claim_folder(plan, tmp_path / "screen")
    return tmp_path / "screen"


def job(plan: ScreenPlan, folder: Path, index: int = 0) -> ShardJob:
    return ShardJob(str(folder), plan.library, plan.fingerprint, plan.units[index])


def test_a_shard_is_scored_once(plan: ScreenPlan, folder: Path, sources: FakeSources) -> None:
    score = prepare(sources, plan, folder)
    first = score(job(plan, folder))
    assert (first.rows, first.written, first.found) == (40, 4, 0)
    again = score(job(plan, folder))
    assert (again.rows, again.written, again.found) == (40, 0, 4)
    assert sources.calls is not None
    assert len(list(sources.calls.iterdir())) == 2


def test_files_bear_their_fingerprint(plan: ScreenPlan, folder: Path, sources: FakeSources) -> None:
    prepare(sources, plan, folder)(job(plan, folder))
    for output in plan.units[0].outputs:
        tags = pq.read_schema(folder / output.path).metadata
        assert tags[b"hitsieve.fingerprint"].decode() == output.fingerprint
        assert tags[b"hitsieve.target"].decode() == output.target
        assert tags[b"hitsieve.table"] == b"scores"
        Ledger(folder).verify(output.key)


def test_only_what_is_missing_is_scored(
    plan: ScreenPlan, folder: Path, sources: FakeSources
) -> None:
    score = prepare(sources, plan, folder)
    score(job(plan, folder))
    lost = plan.units[0].outputs[1]
    (folder / "_commits" / f"{lost.key}.json").unlink()
    result = score(job(plan, folder))
    assert (result.written, result.found) == (1, 3)
    assert sources.calls is not None
    names = [path.name.split("-")[0] for path in sources.calls.iterdir()]
    assert sorted(names) == ["forest@2", "gnn@1", "gnn@1"]


def test_a_commit_of_another_plan_is_refused(plan: ScreenPlan, folder: Path) -> None:
    output = plan.units[0].outputs[0]
    Ledger(folder).commit(Commit(output.key, {}, 40, "other"))
    with pytest.raises(UsageError, match="committed with fingerprint other"):
        finished(Ledger(folder), output)


def test_a_worker_left_over_from_another_plan_stops(
    plan: ScreenPlan, folder: Path, sources: FakeSources
) -> None:
    stale = replace(job(plan, folder), plan="0123456789abcdef")
    with pytest.raises(UsageError, match="belongs to another plan"):
        prepare(sources, plan, folder)(stale)
    assert not (folder / "scores").exists()


def test_a_shard_that_changed_is_refused(
    plan: ScreenPlan, folder: Path, sources: FakeSources, library: Path
) -> None:
    pq.write_table(pa.table({"compound_id": ["x"]}), library / "shard-00000.parquet")
    with pytest.raises(ChecksumError, match="has 1 rows, its manifest says 40"):
        prepare(sources, plan, folder)(job(plan, folder))


def test_a_dropped_row_never_commits(plan: ScreenPlan, folder: Path, sources: FakeSources) -> None:
    with pytest.raises(SchemaError, match="39 rows for 40 compounds"):
        prepare(replace(sources, short="shard-00000"), plan, folder)(job(plan, folder))
    assert Ledger(folder).committed() == {}
    assert not list(folder.rglob("*.parquet"))


def test_another_driver_may_finish_first(
    plan: ScreenPlan, folder: Path, sources: FakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = work.write_parquet_atomic

    def overtaken(path: Path, table: pa.Table, tags: dict[str, str], *options: Any) -> Any:
        written = original(path, table, tags, *options)
        key = str(path.relative_to(folder / "scores")).removesuffix(".parquet")
        name = str(path.relative_to(folder))
        record = Commit(key, {name: written.sha256}, written.rows, tags["hitsieve.fingerprint"])
        assert Ledger(folder).commit(record)
        raise StorageError("our temporary was swept")

    monkeypatch.setattr(work, "write_parquet_atomic", overtaken)
    assert prepare(sources, plan, folder)(job(plan, folder)).rows == 40


def test_a_full_disk_is_no_finished_shard(
    plan: ScreenPlan, folder: Path, sources: FakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise StorageError("disk full")

    monkeypatch.setattr(work, "write_parquet_atomic", full)
    with pytest.raises(StorageError, match="disk full"):
        prepare(sources, plan, folder)(job(plan, folder))


def test_a_process_prepares_once_and_another_process_anew() -> None:
    made: list[int] = []
    prepared = Prepared(partial(_note, made))
    assert prepared() is prepared()
    assert len(made) == 1
    copy = pickle.loads(pickle.dumps(Prepared(partial(_note, []))))  # noqa: S301 - our own bytes
    assert copy() is copy()


def _note(made: list[int]) -> Any:
    made.append(1)
    return object()
