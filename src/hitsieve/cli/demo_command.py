"""``hitsieve demo``: the whole way from reagents to a ranked hit list."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hitsieve.cli.configs import configure, show_plan
from hitsieve.cli.console import emit_json
from hitsieve.cli.failures import resumable
from hitsieve.cli.options import ConfigFile, DryRun, Executor, Json, Workers
from hitsieve.cli.settings import load_settings


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder of everything it makes.")] = Path(
        "runs/demo"
    ),
    sample: Annotated[
        int | None, typer.Option(min=20, help="Compounds measured at random.")
    ] = None,
    top: Annotated[
        int | None, typer.Option(min=1, help="Compounds the model picks to be measured.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of everything random.")] = None,
    executor: Executor = None,
    workers: Workers = None,
    config: ConfigFile = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Build a library, measure a sample, train, screen, and check the picks against chance.

    Takes a few minutes. Interrupted, it goes on when the same command is given again.

    Examples
    --------
    hitsieve demo

    hitsieve demo --sample 60 --top 20 --out runs/small
    """
    from hitsieve.cli.demo import run_demo
    from hitsieve.cli.demo_summary import DemoConfig

    chosen = configure(DemoConfig, config, {"sample": sample, "top": top, "seed": seed})
    if dry_run:
        show_plan(chosen, f"would make everything in {out}")
        return
    settings = load_settings(executor=executor, workers=workers)
    kind = "ray" if settings.executor == "auto" else settings.executor
    with resumable("the demo"):
        summary = run_demo(out, executor=kind, workers=settings.workers, config=chosen)
    if as_json:
        emit_json(summary.to_json())


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="demo")(demo)
