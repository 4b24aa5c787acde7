"""``hitsieve screen plan``: what a screen will take, before it is begun."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hitsieve.cli.configs import configure
from hitsieve.cli.console import emit_json, emit_pairs, emit_table
from hitsieve.cli.options import ConfigFile, Executor, Json, Models, Workers
from hitsieve.cli.settings import load_settings

if TYPE_CHECKING:
    from hitsieve.screen.preflight import Preflight

_MEBI = 1 << 20


def plan(
    library: Annotated[Path | None, typer.Argument(help="Folder of the library.")] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(help="name, name@version, name@champion or a folder; may be repeated."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder the screen will have; stays untouched.")
    ] = None,
    target: Annotated[
        list[str] | None, typer.Option(help="Score this target only; may be repeated.")
    ] = None,
    price: Annotated[
        float | None, typer.Option(min=0, help="Of a core-hour, or of a GPU-hour with --gpus.")
    ] = None,
    sample_seconds: Annotated[
        float, typer.Option(min=0.01, help="Seconds each worker measures for.")
    ] = 10.0,
    models: Models = None,
    executor: Executor = None,
    workers: Workers = None,
    gpus: Annotated[float | None, typer.Option(min=0, help="GPUs each worker reserves.")] = None,
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Say what a screen will take: time, cores, memory, disk and money.

    Every worker scores a sample of the library on the machines at hand; nothing is kept.

    Examples
    --------
    hitsieve screen plan libraries/vendor --model bace --out screens/bace --price 0.04
    """
    from hitsieve.screen import ScreenConfig
    from hitsieve.screen.preflight import preflight

    settings = load_settings(models=models, executor=executor, workers=workers)
    defaults = {
        "registry": settings.models,
        "executor": settings.executor,
        "workers": settings.workers,
        "output": Path("screen"),
    }
    flags = {
        "library": library,
        "models": model,
        "output": out,
        "targets": target,
        "registry": models,
        "executor": executor,
        "workers": workers,
        "gpus": gpus,
    }
    chosen = configure(ScreenConfig, config, flags, defaults)
    found = preflight(chosen, price=price, sample_s=sample_seconds)
    outside = [
        {"target": t, "model": m, "share": share} for (t, m), share in found.outside_share.items()
    ]
    if as_json:
        emit_json({**asdict(found), "outside_share": outside})
        return
    emit_pairs(_words(found), title="this screen will take about")
    emit_table(
        ("target", "model", "outside of domain"),
        [(o["target"], o["model"], f"{o['share']:.1%}") for o in outside],
    )


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(plan)


def _words(found: Preflight) -> dict[str, Any]:
    refused = found.reject_share
    return {
        "time": _duration(found.seconds),
        "compounds": f"{found.compounds:,} in {found.shards:,} shards",
        "workers": f"{found.workers} ({found.executor})",
        "compounds per second": f"{found.compounds_per_second:,.0f}",
        "core-hours": f"{found.core_hours:.3g}",
        "GPU-hours": f"{found.gpu_hours:.3g}",
        "memory": f"{found.memory / _MEBI:,.0f} MiB",
        "output": f"{found.output_bytes / _MEBI:,.1f} MiB in {found.files:,} files",
        "cost": "no price given" if found.cost is None else f"{found.cost:.4g}",
        "refused when the library was built": "unknown" if refused is None else f"{refused:.2%}",
        "measured on": f"{found.sampled:,} compounds",
    }


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
