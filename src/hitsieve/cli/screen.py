"""``hitsieve screen``: score a library with models, and see how far a screen is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hitsieve.cli import screen_objects, screen_plan, screen_status
from hitsieve.cli.configs import configure, show_plan
from hitsieve.cli.console import emit_json, emit_pairs, progress, say
from hitsieve.cli.failures import resumable
from hitsieve.cli.options import ConfigFile, DryRun, Executor, Json, Models, Workers
from hitsieve.cli.settings import load_settings

if TYPE_CHECKING:
    from hitsieve.screen import ScreenSummary

app = typer.Typer(no_args_is_help=True, help="Score a library with models.")


@app.command()
def run(
    library: Annotated[Path | None, typer.Argument(help="Folder of the library.")] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(help="name, name@version, name@champion or a folder; may be repeated."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of the screen.")] = None,
    target: Annotated[
        list[str] | None, typer.Option(help="Score this target only; may be repeated.")
    ] = None,
    models: Models = None,
    executor: Executor = None,
    workers: Workers = None,
    reuse: Annotated[
        bool | None,
        typer.Option("--reuse/--no-reuse", help="Take shards that neighboring screens scored."),
    ] = None,
    controls: Annotated[
        str | None,
        typer.Option(help="held-out, or a CSV file of known actives and inactives to watch."),
    ] = None,
    student: Annotated[
        str | None,
        typer.Option(help="Cheap model that scores everything; --model rescores its best."),
    ] = None,
    top: Annotated[
        float | None,
        typer.Option(help="What to find with --student: a share below 1, or a number."),
    ] = None,
    recall: Annotated[
        float | None, typer.Option(help="Share of that top to be found at least; 0.95.")
    ] = None,
    full_rescore: Annotated[
        bool, typer.Option("--full-rescore", help="Let --model score everything after all.")
    ] = False,
    gpus: Annotated[float | None, typer.Option(min=0, help="GPUs each worker reserves.")] = None,
    precision: Annotated[
        str | None, typer.Option(metavar="fp32|bf16|auto", help="bf16 only where ranks stay.")
    ] = None,
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
    from hitsieve.screen import Progress, ScreenConfig, plan_screen, run_screen

    settings = load_settings(models=models, executor=executor, workers=workers)
    defaults = {
        "registry": settings.models,
        "executor": settings.executor,
        "workers": settings.workers,
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
        "precision": precision,
        "reuse": reuse,
        "controls": controls,
        "cascade": _given(student=student, top=top, recall=recall),
        "full_rescore": full_rescore or None,
    }
    chosen = configure(ScreenConfig, config, flags, defaults)
    if dry_run:
        plan = plan_screen(chosen)
        files = sum(len(unit.outputs) for unit in plan.units)
        what = f"plan {plan.fingerprint} would score {plan.compounds:,} compounds"
        show_plan(chosen, f"{what} into {files:,} files")
        return
    with resumable("the screen"), progress("scoring") as report:

        def step(state: Progress) -> None:
            report(state.compounds_done, state.compounds_total)

        summary = run_screen(chosen, progress=step)
    if as_json:
        emit_json({**_plain(summary), "state": "complete" if summary.complete else "incomplete"})
    else:
        emit_pairs(_plain(summary))
    say(f"screen: {summary.folder}; see its hits with: hitsieve hits {summary.folder}")


def _given(**values: object) -> dict[str, object] | None:
    """Return the flags that were given, None if none was."""
    return {name: value for name, value in values.items() if value is not None} or None


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
