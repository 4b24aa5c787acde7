from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import IncompleteError, NotFoundError
from hitsieve.screen import plan_screen, run_screen, screen_status, top_hits
from hitsieve.screen.claim import claim_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.screen import ScreenConfig
    from hitsieve.testing.fakes import FakeSources

    Configure = Callable[..., ScreenConfig]


def test_a_planned_screen_is_incomplete(configure: Configure, sources: FakeSources) -> None:
    claim_folder(plan_screen(configure(), sources), configure().output)
    status = screen_status(configure().output, top=3)
    assert (status.done, status.total, status.rows, status.state) == (0, 5, 0, "incomplete")
    assert all(table.num_rows == 0 for table in status.top.values())


def test_a_partly_failed_screen_shows_what_it_has(
    configure: Configure, sources: FakeSources
) -> None:
    with pytest.raises(IncompleteError):
        run_screen(configure(), sources=replace(sources, broken="shard-00003"))
    status = screen_status(configure().output, top=4)
    assert (status.done, status.total, status.state) == (4, 5, "failed")
    assert (status.compounds_done, status.compounds_total) == (72, 132)
    assert status.rows == 4 * 72
    assert list(status.failed) == ["shard-00003"]
    assert set(status.top) == {
        (t, m) for t in ("CDK2/cyclin A", "shape") for m in ("gnn@1", "forest@2")
    }
    expected = top_hits(configure().output, "shape", "gnn@1", 4)
    assert status.top["shape", "gnn@1"].equals(expected)


def test_a_complete_screen(configure: Configure, sources: FakeSources) -> None:
    run_screen(configure(), sources=sources)
    status = screen_status(configure().output)
    assert status.complete
    assert (status.state, status.failed, status.rows) == ("complete", {}, 4 * 132)
    assert status.top == {}


def test_no_screen_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no screen in"):
        screen_status(tmp_path)
