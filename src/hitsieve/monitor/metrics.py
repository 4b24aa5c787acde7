"""Figures of a screen for Prometheus, read from its folder like every other door reads it.

Nothing is counted in the running process, so an exporter may start late, restart, or watch a
screen that another machine runs. Names follow https://prometheus.io/docs/practices/naming/.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pyarrow.compute as pc
from prometheus_client import CollectorRegistry, start_http_server, write_to_textfile
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from hitsieve.engine.gpus import gpu_use
from hitsieve.errors import HitsieveError, UsageError
from hitsieve.library import Library
from hitsieve.screen import load_plan, screen_status
from hitsieve.screen.journal import RUNS_FOLDER
from hitsieve.store import Ledger, open_parquet
from hitsieve.store.files import storage_errors
from hitsieve.store.place import place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from prometheus_client.core import Metric

    from hitsieve.screen import ScreenPlan, ScreenStatus

LOCAL_HOST: Final = "127.0.0.1"
WINDOW_S: Final = 300.0
"""Seconds over which the rate is taken: long enough for several shards of every worker."""


@dataclass(slots=True, eq=False)
class ScreenMetrics:
    """A Prometheus collector of one screen.

    Parameters
    ----------
    folder
        The screen; it may be running, finished, or continued later.
    """

    folder: Path
    _domain: dict[str, tuple[int, int]] = field(default_factory=dict)

    def collect(self) -> Iterator[Metric]:
        """Read the folder and yield all figures.

        Raises
        ------
        HitsieveError
            If the folder holds no readable screen.
        """
        plan = load_plan(self.folder)
        status = screen_status(self.folder)
        yield from _progress(status)
        yield from _work(plan, tasks(self.folder))
        yield from _rejects(place(plan.library))
        yield self._outside(plan)
        yield _gpus()

    def _outside(self, plan: ScreenPlan) -> Metric:
        share = GaugeMetricFamily(
            "hitsieve_screen_out_of_domain_ratio",
            "Share of the scored compounds that are outside of the model's domain.",
            labels=["target", "model"],
        )
        committed = Ledger(self.folder).committed()
        counts: dict[tuple[str, str], list[int]] = {}
        for unit in plan.units:
            for output in unit.outputs:
                if output.key in committed:
                    rows, outside = self._count(output.key, self.folder / output.path)
                    total = counts.setdefault((output.target, output.model), [0, 0])
                    total[0] += rows
                    total[1] += outside
        for pair, (rows, outside) in counts.items():
            share.add_metric(list(pair), outside / rows if rows else 0.0)
        return share

    def _count(self, key: str, path: Path) -> tuple[int, int]:
        # A committed file never changes, so it is read once in the life of an exporter.
        if key not in self._domain:
            with open_parquet(path) as opened:
                column = opened.read(columns=["in_domain"]).column("in_domain")
            inside = pc.sum(column).as_py() or 0
            rows = len(column) - column.null_count
            self._domain[key] = (rows, rows - inside)
        return self._domain[key]


def registry_of(folder: Path) -> CollectorRegistry:
    """Return a registry that collects one screen.

    Raises
    ------
    HitsieveError
        If the folder holds no readable screen.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(ScreenMetrics(place(folder)))
    return registry


def write_metrics(folder: Path, path: Path) -> None:
    """Write the figures as a file for node_exporter's textfile collector, whole or not at all.

    Raises
    ------
    UsageError
        If the name does not end in ``.prom``, which is what the collector reads.
    StorageError
        If the storage refuses.
    """
    if path.suffix != ".prom":
        raise UsageError(f"{path} is no textfile of metrics", cure="name a file that ends in .prom")
    with storage_errors(path):
        write_to_textfile(str(path), registry_of(folder))


def serve_metrics(folder: Path, port: int, host: str = LOCAL_HOST) -> tuple[Any, Any]:
    """Serve the figures over HTTP at ``/metrics``, read anew for each request.

    Returns
    -------
    tuple
        The server and its thread; ``server.shutdown()`` ends it, ``server.server_port`` is
        the port it got if 0 was asked for.

    Raises
    ------
    UsageError
        If the port cannot be had.
    HitsieveError
        If the folder holds no readable screen.
    """
    registry = registry_of(folder)
    try:
        return start_http_server(port, host, registry)
    except OSError as error:
        raise UsageError(f"port {port} of {host}: {error}", cure="choose another port") from error


def tasks(folder: Path) -> list[list[dict[str, Any]]]:
    """Return the finished tasks of each run of a screen, oldest run first."""
    found = []
    for path in sorted((folder / RUNS_FOLDER).glob("*/tasks.jsonl")):
        lines = path.read_text(encoding="utf-8").splitlines()
        found.append([line for text in lines if (line := _line(text))])
    return found


def _line(text: str) -> dict[str, Any] | None:
    try:
        line = json.loads(text)
    except ValueError:
        return None  # the last line of a run that was killed while it wrote
    return line if isinstance(line, dict) else None


def _progress(status: ScreenStatus) -> Iterator[Metric]:
    left, failed = status.total - status.done, len(status.failed)
    shards = GaugeMetricFamily(
        "hitsieve_screen_shards",
        "Shards by state; `queued` wait or are under way.",
        labels=["state"],
    )
    for state, number in (("done", status.done), ("queued", left - failed), ("failed", failed)):
        shards.add_metric([state], number)
    yield shards
    yield GaugeMetricFamily(
        "hitsieve_screen_compounds", "Compounds of the screen.", value=status.compounds_total
    )
    yield GaugeMetricFamily(
        "hitsieve_screen_compounds_done", "Compounds scored.", value=status.compounds_done
    )
    yield CounterMetricFamily(
        "hitsieve_screen_rows", "Rows committed, over all targets and models.", value=status.rows
    )


def _work(plan: ScreenPlan, runs: list[list[dict[str, Any]]]) -> Iterator[Metric]:
    everything = [task for run in runs for task in run]
    again = sum(max(0, int(task.get("attempts", 1)) - 1) for task in everything)
    yield CounterMetricFamily("hitsieve_screen_retries", "Shards started again.", value=again)
    rate = GaugeMetricFamily(
        "hitsieve_screen_rows_per_second",
        f"Compounds scored each second by a node, over the last {WINDOW_S:.0f} s of the last run.",
        labels=["node"],
    )
    busy = GaugeMetricFamily(
        "hitsieve_worker_gpu_busy_ratio",
        "Share of time the GPUs of a node's workers computed when they last finished a shard.",
        labels=["node"],
    )
    for node, compounds in _rates(plan, runs[-1] if runs else []).items():
        rate.add_metric([node], compounds)
    latest = {str(t.get("node", "")): t.get("gpu_busy") for t in everything}
    for node, share in latest.items():
        if share is not None:
            busy.add_metric([node], share)
    yield rate
    yield busy


def _rates(plan: ScreenPlan, run: Iterable[dict[str, Any]]) -> dict[str, float]:
    rows = {shard.name: shard.rows for shard in plan.shards}
    finished = [task for task in run if not task.get("error_type")]
    end = max((float(task["at_s"]) for task in finished), default=0.0)
    span = min(end, WINDOW_S)
    found: dict[str, float] = {}
    for task in finished:
        if span > 0 and float(task["at_s"]) > end - WINDOW_S:
            node = str(task.get("node", ""))
            found[node] = found.get(node, 0.0) + rows.get(str(task["shard"]), 0) / span
    return found


def _rejects(library: Path) -> Iterator[Metric]:
    records = GaugeMetricFamily(
        "hitsieve_library_records",
        "Records of the library's inputs by how they ended.",
        labels=["status", "code"],
    )
    try:
        outcomes = Library.open(library).manifest.counts.by_outcome
    except HitsieveError:
        return  # moved or deleted since; the screen itself is whole
    for outcome, number in outcomes.items():
        status, _, code = outcome.partition("/")
        records.add_metric([status, code], number)
    yield records


def _gpus() -> Metric:
    busy = GaugeMetricFamily(
        "hitsieve_gpu_busy_ratio",
        "Share of time a GPU of the exporter's machine computes.",
        labels=["gpu", "name"],
    )
    for gpu in gpu_use():
        busy.add_metric([str(gpu.index), gpu.name], gpu.busy)
    return busy
