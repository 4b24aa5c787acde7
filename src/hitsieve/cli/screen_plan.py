"""``hitsieve screen plan``: what a screen will take, before it is begun."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hitsieve.cli.console import emit_json, emit_pairs, emit_table
from hitsieve.cli.options import ConfigFile, Executor, Json, Models, Workers
from hitsieve.cli.screen_options import (
    Controls,
    Device,
    Gpus,
    Library,
    Model,
    Precision,
    Price,
    Recall,
    SampleSeconds,
    Student,
    Target,
    Top,
    Untouched,
    screen_config,
)

if TYPE_CHECKING:
    import typer

    from hitsieve.screen.preflight import Preflight

_MEBI = 1 << 20


def plan(
    library: Library = None,
    model: Model = None,
    out: Untouched = None,
    target: Target = None,
    price: Price = None,
    sample_seconds: SampleSeconds = 10.0,
    models: Models = None,
    executor: Executor = None,
    workers: Workers = None,
    controls: Controls = None,
    student: Student = None,
    top: Top = None,
    recall: Recall = None,
    gpus: Gpus = None,
    precision: Precision = None,
    device: Device = None,
    config: ConfigFile = None,
    as_json: Json = False,
) -> None:
    """Say what a screen will take: time, cores, memory, disk and money.

    Every worker scores a sample of the library on the machines at hand; nothing is kept.

    Examples
    --------
    hitsieve screen plan libraries/vendor --model bace --out screens/bace --price 0.04
    """
    from hitsieve.screen.preflight import preflight

    flags: dict[str, Any] = {"library": library, "models": model, "output": out}
    flags |= {"registry": models, "executor": executor, "workers": workers, "gpus": gpus}
    flags |= {"targets": target, "precision": precision, "device": device, "controls": controls}
    flags |= {"student": student, "top": top, "recall": recall}
    chosen = screen_config(config, flags, output=Path("screen"))
    _show(preflight(chosen, price=price, sample_s=sample_seconds), as_json=as_json)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(plan)


def _show(found: Preflight, *, as_json: bool) -> None:
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
    } | _rescored(found)


def _rescored(found: Preflight) -> dict[str, str]:
    share = found.rescored_share
    return {} if share is None else {"given to the costly model": f"{share:.2%}"}


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
