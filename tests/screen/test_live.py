from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.errors import IncompleteError
from hitsieve.screen import Progress, live, load_plan, run_screen, top_hits
from hitsieve.screen.live import STATUS_FILE, TOP, read_live

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsieve.screen import ScreenConfig
    from hitsieve.testing.fakes import FakeSources

    Configure = Callable[..., ScreenConfig]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_PAUSE_S", 0.0)


@pytest.mark.usefixtures("at_once")
def test_the_file_follows_the_run(configure: Configure, sources: FakeSources) -> None:
    seen: list[dict[str, Any]] = []

    def look(_: Progress) -> None:
        found = read_live(configure().output)
        assert found is not None
        seen.append(found)

    run_screen(configure(), progress=look, sources=sources)
    assert [s["shards"]["done"] for s in seen] == [1, 2, 3, 4, 5]
    assert {s["state"] for s in seen} == {"running"}
    assert seen[0]["targets"][0]["hits"], "the first shard shows its best"
    last = read_live(configure().output)
    assert last is not None
    assert (last["state"], last["compounds"]["left"]) == ("complete", 0)
    assert last["shards"] == {"total": 5, "done": 5, "left": 0}
    assert [node["compounds"] for node in last["nodes"]] == [132]
    assert last["compounds_per_second"] > 0
    for entry in last["targets"]:
        best = top_hits(configure().output, entry["target"], entry["model"], TOP)
        assert [h["compound_id"] for h in entry["hits"]] == best["compound_id"].to_pylist()


def test_enrichment_is_told_where_activity_is_defined(
    configure: Configure, sources: FakeSources
) -> None:
    run_screen(configure(active_at={"shape": 2.0}), sources=sources)
    found = read_live(configure().output)
    assert found is not None
    cuts = {t["target"]: t["enrichment"]["active_at"] for t in found["targets"]}
    assert cuts == {"CDK2/cyclin A": 6.0, "shape": 2.0}
    assert all(t["enrichment"]["of"] == 132 for t in found["targets"])


def test_a_resumed_run_shows_what_was_found_before(
    configure: Configure, sources: FakeSources
) -> None:
    with pytest.raises(IncompleteError):
        run_screen(configure(), sources=replace(sources, broken="shard-00003"))
    broken = read_live(configure().output)
    assert broken is not None
    assert (broken["state"], list(broken["failed"])) == ("incomplete", ["shard-00003"])
    run_screen(configure(), sources=sources)
    found = read_live(configure().output)
    assert found is not None
    assert [node["shards"] for node in found["nodes"]] == [1], "this run scored one"
    entry = found["targets"][0]
    best = top_hits(configure().output, entry["target"], entry["model"], TOP)
    assert [h["compound_id"] for h in entry["hits"]] == best["compound_id"].to_pylist()


def test_a_killed_run_is_not_shown_as_running(configure: Configure, sources: FakeSources) -> None:
    folder = run_screen(configure(), sources=sources).folder
    found = json.loads((folder / STATUS_FILE).read_text())
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    (folder / STATUS_FILE).write_text(json.dumps(found | {"state": "running", "pid": gone.pid}))
    assert read_live(folder)["state"] == "stopped"  # type: ignore[index]
    (folder / STATUS_FILE).write_text(json.dumps(found | {"state": "running", "host": "other"}))
    assert read_live(folder)["state"] == "running"  # type: ignore[index]


@pytest.mark.parametrize("text", ["", "[1]", "{"])
def test_a_damaged_file_is_no_error(configure: Configure, sources: FakeSources, text: str) -> None:
    folder = run_screen(configure(), sources=sources).folder
    (folder / STATUS_FILE).write_text(text)
    assert read_live(folder) is None
    assert load_plan(folder).compounds == 132
