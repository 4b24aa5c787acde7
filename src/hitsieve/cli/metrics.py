"""``hitsieve metrics``: figures of a screen for Prometheus, as a file or over HTTP."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from hitsieve.cli.console import emit, say


def metrics(
    screen: Annotated[Path, typer.Argument(help="Folder of the screen.")],
    out: Annotated[
        Path | None, typer.Option(help="File to write, for node_exporter's textfile collector.")
    ] = None,
    every: Annotated[
        float | None, typer.Option(min=1, help="Seconds after which the file is written anew.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Serve http://127.0.0.1:PORT/metrics.")
    ] = None,
) -> None:
    """Tell Prometheus how a screen is: rows/s, queue, retries, rejects, domain, GPUs.

    Works for running and finished screens, from any machine that sees the folder.

    Examples
    --------
    hitsieve metrics screens/bace

    hitsieve metrics screens/bace --out /var/lib/node_exporter/hitsieve.prom --every 15

    hitsieve metrics screens/bace --port 9109
    """
    from prometheus_client import generate_latest

    from hitsieve.monitor.metrics import registry_of, serve_metrics, write_metrics

    if port is not None:
        _, thread = serve_metrics(screen, port)
        say(f"serving http://127.0.0.1:{port}/metrics; Ctrl-C ends it", style="green")
        thread.join()
    if out is None:
        emit(generate_latest(registry_of(screen)).decode().rstrip("\n"))
        return
    write_metrics(screen, out)
    say(f"wrote {out}", style="green")
    while every is not None:
        time.sleep(every)
        write_metrics(screen, out)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="metrics")(metrics)
