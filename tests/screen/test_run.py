from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.errors import IncompleteError, SchemaError, StorageError, UsageError
from hitsieve.screen import Progress, run_screen, screen_status, work
from hitsieve.screen import run as running
from hitsieve.store import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsieve.engine import Executor
    from hitsieve.screen import ScreenConfig
    from hitsieve.testing.fakes import FakeSources

    Configure = Callable[..., ScreenConfig]
    Contents = Callable[[Path], dict[str, bytes]]

KILLED = Path(__file__).with_name("killed_screen.py")


def calls(sources: FakeSources) -> list[str]:
    """Return model and shard of every scoring call so far."""
    assert sources.calls is not None
    return sorted(path.name.rsplit("-", 1)[0] for path in sources.calls.iterdir())


def test_every_compound_is_scored(configure: Configure, sources: FakeSources) -> None:
    seen: list[Progress] = []
    summary = run_screen(configure(), progress=seen.append, sources=sources)
    assert (summary.units, summary.scored, summary.found, summary.failed) == (5, 5, 0, {})
    assert (summary.compounds, summary.files) == (132, 20)
    assert summary.complete
    assert summary.compounds_per_second > 0
    assert [p.done for p in seen] == [1, 2, 3, 4, 5]
    assert (seen[-1].compounds_done, seen[-1].compounds_total) == (132, 132)


def test_a_finished_screen_is_not_scored_again(
    configure: Configure, sources: FakeSources, contents: Contents
) -> None:
    first = run_screen(configure(), sources=sources)
    before, scored = contents(first.folder), calls(sources)
    again = run_screen(configure(executor="auto"), sources=sources)
    assert (again.scored, again.found, again.compounds) == (0, 5, 0)
    assert again.compounds_per_second == 0
    assert again.complete
    assert calls(sources) == scored
    assert contents(first.folder) == before


def test_another_plan_is_refused_and_changes_nothing(
    configure: Configure, sources: FakeSources, contents: Contents
) -> None:
    folder = run_screen(configure(), sources=sources).folder
    before = contents(folder)
    with pytest.raises(UsageError, match="belongs to another plan"):
        run_screen(configure(models=["gnn@1"]), sources=sources)
    assert contents(folder) == before


def test_failed_shards_are_named_after_all_others_finished(
    configure: Configure, sources: FakeSources, contents: Contents
) -> None:
    broken = replace(sources, broken="shard-00002")
    with pytest.raises(IncompleteError, match=r"1 of 5 shards.*shard-00002.*no luck") as caught:
        run_screen(configure(attempts=2), sources=broken)
    assert caught.value.exit_code == 5
    status = screen_status(configure().output)
    assert (status.done, status.total, list(status.failed)) == (4, 5, ["shard-00002"])
    assert calls(sources).count("gnn@1-shard-00002") == 2
    summary = run_screen(configure(), sources=sources)
    assert (summary.scored, summary.found) == (1, 4)
    clean = run_screen(configure("clean"), sources=sources)
    assert contents(summary.folder) == contents(clean.folder)
    assert screen_status(summary.folder).state == "complete"


def test_a_broken_row_contract_is_final(configure: Configure, sources: FakeSources) -> None:
    with pytest.raises(IncompleteError, match=SchemaError.__name__):
        run_screen(configure(), sources=replace(sources, short="shard-00000"))
    assert calls(sources).count("gnn@1-shard-00000") == 1


@pytest.mark.parametrize("error", [StorageError, UsageError])
def test_what_befalls_every_shard_stops_the_run(
    configure: Configure,
    sources: FakeSources,
    monkeypatch: pytest.MonkeyPatch,
    error: type[Exception],
) -> None:
    def refuse(*_: Any) -> None:
        raise error("the disk is full")

    monkeypatch.setattr(work, "write_parquet_atomic", refuse)
    with pytest.raises(error, match="disk is full"):
        run_screen(configure(), sources=sources)
    assert len(calls(sources)) == 1


def test_the_journal_holds_what_may_differ(configure: Configure, sources: FakeSources) -> None:
    folder = run_screen(configure(), sources=sources).folder
    (run,) = (path.parent for path in folder.glob("runs/*/run.json"))
    facts = json.loads((run / "run.json").read_text())
    assert (facts["state"], facts["executor"], facts["scored"]) == ("complete", "serial", 5)
    lines = [json.loads(line) for line in (run / "tasks.jsonl").read_text().splitlines()]
    assert [line["shard"] for line in lines] == [f"shard-0000{i}" for i in range(5)]
    assert "executor: serial" in (run / "config.yaml").read_text()
    for path in (folder / "screen.json", *folder.glob("_commits/**/*.json")):
        text = path.read_text()
        assert str(os.getpid()) not in text
        assert facts["host"] not in text


def test_an_interrupt_is_recorded(
    configure: Configure, sources: FakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_screen(configure(), progress=interrupt, sources=sources)
    (run,) = (path.parent for path in configure().output.glob("runs/*/run.json"))
    assert json.loads((run / "run.json").read_text())["state"] == "interrupted"
    assert run_screen(configure(), sources=sources).found == 1
    monkeypatch.undo()


def test_two_drivers_on_one_screen_both_end_well(
    configure: Configure, sources: FakeSources, contents: Contents
) -> None:
    barrier = threading.Barrier(2)
    summaries = []

    def drive() -> None:
        barrier.wait()
        summaries.append(run_screen(configure(), sources=sources))

    drivers = [threading.Thread(target=drive) for _ in range(2)]
    for driver in drivers:
        driver.start()
    for driver in drivers:
        driver.join()
    assert [summary.complete for summary in summaries] == [True, True]
    clean = run_screen(configure("clean"), sources=sources)
    assert contents(configure().output) == contents(clean.folder)


def test_the_second_driver_starts_from_the_other_end(
    configure: Configure, sources: FakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders: list[list[str]] = []
    original = running._Run._tasks

    def spy(self: Any, pending: Any, live: Any) -> Any:
        orders.append([unit.shard.name for unit in pending])
        return original(self, pending, live)

    monkeypatch.setattr(running._Run, "_tasks", spy)
    with pytest.raises(IncompleteError):
        run_screen(configure(), sources=replace(sources, broken="shard-00002"))
    Ledger(configure().output)._record("target=shape/model=gnn@1/shard-00000").unlink()
    run_screen(configure(), sources=sources)
    assert orders[0] == [f"shard-0000{i}" for i in range(5)]
    assert orders[1] == ["shard-00002", "shard-00000"]


@pytest.mark.ray
def test_bytes_do_not_depend_on_executor_or_workers(
    configure: Configure, sources: FakeSources, contents: Contents, ray_executor: Executor
) -> None:
    serial = run_screen(configure("serial"), sources=sources)
    ray = run_screen(configure("ray"), ray_executor, sources=sources)
    assert contents(serial.folder) == contents(ray.folder)
    assert ray.files == serial.files


@pytest.mark.ray
def test_a_deadly_shard_is_quarantined(
    configure: Configure, sources: FakeSources, ray_executor: Executor
) -> None:
    deadly = replace(sources, deadly="shard-00003")
    with pytest.raises(IncompleteError, match=r"shard-00003 \(WorkerLost"):
        run_screen(configure(attempts=2), ray_executor, sources=deadly)
    status = screen_status(configure().output)
    assert (status.done, list(status.failed)) == (4, ["shard-00003"])


def kill(config: ScreenConfig, sources: FakeSources, after: int) -> int:
    """Run a screen in a process that is killed before its storage operation ``after``.

    Returns the number of operations if it ended before that.
    """
    done = subprocess.run(
        [sys.executable, str(KILLED), config.model_dump_json(), str(sources.calls), str(after)],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode == 0:
        return int(done.stdout)
    assert done.returncode == -9, done.stderr
    return -1


@pytest.mark.parametrize("share", [0.0, 0.01, 0.13, 0.37, 0.5, 0.505, 0.51, 0.74, 0.995])
def test_killed_anywhere_and_resumed_the_folder_is_the_same(
    configure: Configure, sources: FakeSources, contents: Contents, share: float
) -> None:
    clean = configure("clean")
    operations = kill(clean, sources, after=10**9)
    assert operations > 100
    before = len(calls(sources))
    config = configure()
    assert kill(config, sources, after=int(share * operations)) == -1
    finished = set(Ledger(config.output).committed())
    first = calls(sources)
    summary = run_screen(config, sources=sources)
    assert summary.complete
    assert contents(config.output) == contents(clean.output)
    resumed = len(calls(sources)) - len(first)
    assert resumed <= summary.scored * 2, "a finished shard was scored again"
    outputs = Counter(key.rpartition("/")[2] for key in finished)
    whole = [shard for shard, committed in outputs.items() if committed == 4]
    assert summary.scored <= 5 - len(whole)
    assert before == 10
