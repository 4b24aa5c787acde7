from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hitsieve.engine import Outcome
from hitsieve.screen.journal import Journal, last_failures
from hitsieve.screen.work import ShardResult

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
