from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hitsieve.engine import Outcome
from hitsieve.screen.journal import Journal, last_failures, scored_at
from hitsieve.screen.work import ShardResult
from hitsieve.store import Commit, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.screen import ScreenConfig


def test_runs_never_share_a_folder(configure: Callable[..., ScreenConfig], tmp_path: Path) -> None:
    one = Journal(tmp_path, configure(), "serial", 1)
    other = Journal(tmp_path, configure(), "serial", 1)
    assert one.folder != other.folder


def test_a_run_that_never_ended_is_running(
    configure: Callable[..., ScreenConfig], tmp_path: Path
) -> None:
    journal = Journal(tmp_path, configure(), "ray", 2)
    journal.note(Outcome("shard-00000", ShardResult(1, 1, 0), attempts=2, seconds=0.5))
    facts = json.loads((journal.folder / "run.json").read_text())
    assert (facts["state"], facts["executor"], facts["workers"]) == ("running", "ray", 2)
    line = json.loads((journal.folder / "tasks.jsonl").read_text())
    assert (line["shard"], line["attempts"], line["error"]) == ("shard-00000", 2, "")
    assert last_failures(tmp_path) == {}


def test_the_latest_ended_run_speaks(
    configure: Callable[..., ScreenConfig], tmp_path: Path
) -> None:
    Journal(tmp_path, configure(), "serial", 1).end("incomplete", failed={"shard-00001": "old"})
    Journal(tmp_path, configure(), "serial", 1).end("incomplete", failed={"shard-00002": "new"})
    running = Journal(tmp_path, configure(), "serial", 1)
    assert last_failures(tmp_path) == {"shard-00002": "new"}
    (running.folder / "run.json").write_text("torn {")
    assert last_failures(tmp_path) == {"shard-00002": "new"}


def test_no_runs_no_failures(tmp_path: Path) -> None:
    assert last_failures(tmp_path) == {}


def test_scores_are_as_old_as_the_last_task_that_succeeded(
    configure: Callable[..., ScreenConfig], tmp_path: Path
) -> None:
    assert scored_at(tmp_path) is None
    Ledger(tmp_path).commit(Commit("shard-00000", {}, 1, "f"))
    commit = tmp_path / "_commits" / "shard-00000.json"
    os.utime(commit, (1e9, 1e9))  # no task tells: the commit does
    assert scored_at(tmp_path) == datetime.fromtimestamp(1e9, UTC)
    journal = Journal(tmp_path, configure(), "serial", 1)
    assert scored_at(tmp_path) == datetime.fromtimestamp(1e9, UTC)
    began = datetime(2026, 3, 1, 12, tzinfo=UTC)
    (journal.folder / "run.json").write_text(json.dumps({"started": began.isoformat()}))
    lines = [
        {"shard": "shard-00000", "at_s": 60.0, "error_type": ""},
        {"shard": "shard-00001", "at_s": 7200.0, "error_type": ""},
        {"shard": "shard-00002", "at_s": 9000.0, "error_type": "MemoryError"},
    ]
    text = "\n".join(json.dumps(line) for line in lines)
    (journal.folder / "tasks.jsonl").write_text(text + '\n{"shard": "shard-0')
    assert scored_at(tmp_path) == began + timedelta(hours=2)


def test_a_run_that_finds_nothing_to_do_makes_no_scores(
    configure: Callable[..., ScreenConfig], tmp_path: Path
) -> None:
    first = Journal(tmp_path, configure(), "serial", 1)
    first.note(Outcome("shard-00000", ShardResult(1, 1, 0)))
    known = scored_at(tmp_path)
    assert known is not None
    Journal(tmp_path, configure(), "serial", 1).end("complete")
    assert scored_at(tmp_path) == known
