"""``hitsieve screen``: score a library with models, and see how far a screen is."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import typer

from hitsieve.cli import screen_objects, screen_plan, screen_status
from hitsieve.cli.configs import show_plan
from hitsieve.cli.console import emit_json, emit_pairs, progress, say
from hitsieve.cli.failures import resumable
from hitsieve.cli.options import ConfigFile, DryRun, Executor, Json, Models, Workers
from hitsieve.cli.screen_options import (
    Controls,
    Device,
    FullRescore,
    Gpus,
    Library,
    Model,
    Out,
    Precision,
    Recall,
    Reuse,
    Student,
    Target,
    Top,
    screen_config,
)

if TYPE_CHECKING:
    from hitsieve.screen import ScreenConfig, ScreenSummary

app = typer.Typer(no_args_is_help=True, help="Score a library with models.")


@app.command()
def run(
    library: Library = None,
    model: Model = None,
    out: Out = None,
    target: Target = None,
    models: Models = None,
    executor: Executor = None,
    workers: Workers = None,
    reuse: Reuse = None,
    controls: Controls = None,
    student: Student = None,
    top: Top = None,
    recall: Recall = None,
    full_rescore: FullRescore = False,
    gpus: Gpus = None,
    precision: Precision = None,
    device: Device = None,
    config: ConfigFile = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Score every compound of a library for every target of the models.

    An interrupted screen goes on when the same command is given again: finished shards are
    never scored twice, and the result is the same, byte for byte.

    Examples
    --------
    hitsieve screen run libraries/vendor --model bace --out screens/bace

    hitsieve screen run --config screen.yaml --executor ray --workers 8

    hitsieve screen run libraries/vendor --model bace --student bace-student --top 0.001
    """
    flags: dict[str, Any] = {"library": library, "models": model, "output": out}
    flags |= {"registry": models, "executor": executor, "workers": workers, "gpus": gpus}
    flags |= {
        "targets": target,
        "precision": precision,
        "device": device,
        "reuse": reuse,
        "controls": controls,
    }
    flags |= {"student": student, "top": top, "recall": recall}
    chosen = screen_config(config, flags | {"full_rescore": full_rescore or None})
    if dry_run:
        _show(chosen)
    else:
        _run(chosen, as_json=as_json)


def _show(chosen: ScreenConfig) -> None:
    from hitsieve.screen import plan_screen

    plan = plan_screen(chosen)
    files = sum(len(unit.outputs) for unit in plan.units)
    what = f"plan {plan.fingerprint} would score {plan.compounds:,} compounds"
    show_plan(chosen, f"{what} into {files:,} files")


def _run(chosen: ScreenConfig, *, as_json: bool) -> None:
    from hitsieve.screen import Progress, run_screen

    with resumable("the screen"), progress("scoring") as report:

        def step(state: Progress) -> None:
            report(state.compounds_done, state.compounds_total)

        summary = run_screen(chosen, progress=step)
    if as_json:
        emit_json({**_plain(summary), "state": "complete" if summary.complete else "incomplete"})
    else:
        emit_pairs(_plain(summary))
    named = shlex.quote(str(summary.folder))
    say(f"screen: {summary.folder}; see its hits with: hitsieve hits {named}")


def _plain(summary: ScreenSummary) -> dict[str, object]:
    return {
        "folder": str(summary.folder),
        "shards": summary.units,
        "scored": summary.scored,
        "found": summary.found,
        "reused": summary.reused,
        "failed": len(summary.failed),
        "compounds": summary.compounds,
        "files": summary.files,
        "seconds": round(summary.seconds, 2),
        "compounds_per_second": round(summary.compounds_per_second, 1),
    }


screen_plan.add_to(app)
screen_status.add_to(app)
screen_objects.add_to(app)
