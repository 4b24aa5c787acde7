from __future__ import annotations

import json
import shutil
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hitsieve.engine import gpus
from hitsieve.errors import NotFoundError, StorageError, UsageError
from hitsieve.monitor import metrics
from hitsieve.screen import load_plan
from hitsieve.screen.journal import RUNS_FOLDER

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def screen(tiny: Any, tmp_path: Path) -> Path:
    """A copy of a finished screen, whose journal the tests write."""
    folder = tmp_path / "screen"
    shutil.copytree(tiny.screen, folder)
    shutil.rmtree(folder / RUNS_FOLDER)
    return folder


def note(screen: Path, run: str, *lines: dict[str, Any], tail: str = "") -> None:
    folder = screen / RUNS_FOLDER / run
    folder.mkdir(parents=True)
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "tasks.jsonl").write_text(text + tail)


def done(shard: str, at: float, node: str = "a", **more: Any) -> dict[str, Any]:
    return {"shard": shard, "at_s": at, "node": node, "attempts": 1, "error_type": "", **more}


def samples(text: str) -> dict[tuple[Any, ...], float]:
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def exported(screen: Path, tmp_path: Path) -> dict[tuple[Any, ...], float]:
    path = tmp_path / "out.prom"
    metrics.write_metrics(screen, path)
    return samples(path.read_text())


def test_progress_rejects_and_domain(screen: Path, tiny: Any, tmp_path: Path) -> None:
    from hitsieve.library import Library
    from hitsieve.report.assemble import _scores

    found = exported(screen, tmp_path)
    plan = load_plan(screen)
    assert found["hitsieve_screen_shards", "done"] == len(plan.units)
    assert found["hitsieve_screen_shards", "queued"] == 0
    assert found["hitsieve_screen_compounds_done",] == plan.compounds
    assert found["hitsieve_screen_rows_total",] == plan.compounds
    for outcome, number in Library.open(tiny.library).manifest.counts.by_outcome.items():
        key = ("hitsieve_library_records", *sorted(outcome.split("/")))
        assert found[key] == number
    (target,) = plan.models[0].targets
    inside = [
        flag
        for table in _scores(screen, plan, target.name, tiny.model)
        for flag in table.column("in_domain").to_pylist()
    ]
    share = found["hitsieve_screen_out_of_domain_ratio", *sorted([target.name, tiny.model])]
    assert share == pytest.approx(inside.count(False) / len(inside))


def test_an_unfinished_shard_is_queued(screen: Path, tmp_path: Path) -> None:
    (record,) = list((screen / "_commits").rglob("shard-00000.json"))
    record.unlink()
    found = exported(screen, tmp_path)
    assert found["hitsieve_screen_shards", "queued"] == 1
    assert found["hitsieve_screen_compounds_done",] < found["hitsieve_screen_compounds",]


def test_rates_retries_and_gpus_come_from_the_journal(screen: Path, tmp_path: Path) -> None:
    rows = {shard.name: shard.rows for shard in load_plan(screen).shards}
    names = sorted(rows)
    note(screen, "1", done(names[0], 5, attempts=3))
    note(
        screen,
        "2",
        done(names[0], 10, gpu_busy=0.25),
        done(names[1], 20, gpu_busy=0.75),
        done(names[2], 20, "b", attempts=2),
        done(names[3], 15, "b", error_type="WorkerLost"),
        tail='{"shard": "sha',
    )
    found = exported(screen, tmp_path)
    assert found["hitsieve_screen_retries_total",] == 3
    rate = (rows[names[0]] + rows[names[1]]) / 20
    assert found["hitsieve_screen_rows_per_second", "a"] == pytest.approx(rate)
    assert found["hitsieve_screen_rows_per_second", "b"] == pytest.approx(rows[names[2]] / 20)
    assert found["hitsieve_worker_gpu_busy_ratio", "a"] == 0.75
    assert ("hitsieve_worker_gpu_busy_ratio", "b") not in found


def test_the_gpus_of_this_machine(
    screen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "gpu_use", lambda: (gpus.GpuUse(0, "T4", 1, 1, 0.5),))
    assert exported(screen, tmp_path)["hitsieve_gpu_busy_ratio", "0", "T4"] == 0.5


def test_a_library_that_moved_costs_its_figures_only(
    screen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_: Any) -> None:
        raise NotFoundError("moved")

    monkeypatch.setattr(metrics.Library, "open", gone)
    found = exported(screen, tmp_path)
    assert not [key for key in found if key[0] == "hitsieve_library_records"]
    assert found["hitsieve_screen_shards", "failed"] == 0


def test_what_cannot_be_exported_is_refused(screen: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\.prom"):
        metrics.write_metrics(screen, tmp_path / "out.txt")
    with pytest.raises(NotFoundError):
        metrics.write_metrics(tmp_path, tmp_path / "out.prom")
    with pytest.raises(StorageError):
        metrics.write_metrics(screen, tmp_path / "absent" / "out.prom")


def test_it_is_served_on_this_machine_only(screen: Path) -> None:
    server, thread = metrics.serve_metrics(screen, 0)
    try:
        assert server.server_address[0] == "127.0.0.1"
        url = f"http://127.0.0.1:{server.server_port}/metrics"
        with urllib.request.urlopen(url) as answer:
            found = samples(answer.read().decode())
        assert found["hitsieve_screen_shards", "failed"] == 0
        with pytest.raises(UsageError, match="port"):
            metrics.serve_metrics(screen, server.server_port)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
