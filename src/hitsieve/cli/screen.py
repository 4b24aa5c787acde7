"""``hitsieve screen``: score a library with models, and see how far a screen is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hitsieve.cli.configs import configure, show_plan
from hitsieve.cli.console import emit_json, emit_pairs, emit_table, progress, say
from hitsieve.cli.failures import resumable
from hitsieve.cli.options import ConfigFile, DryRun, Executor, Json, Models, Workers
from hitsieve.cli.settings import load_settings

if TYPE_CHECKING:
    from hitsieve.screen import ScreenStatus, ScreenSummary

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
    gpus: Annotated[float | None, typer.Option(min=0, help="GPUs each worker reserves.")] = None,
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


@app.command()
def status(
    folder: Annotated[Path, typer.Argument(help="Folder of the screen.")],
    top: Annotated[int, typer.Option(min=0, help="Best compounds so far to show.")] = 0,
    as_json: Json = False,
) -> None:
    """Show how far a screen is, from its folder alone.

    Examples
    --------
    hitsieve screen status screens/bace --top 5
    """
    from hitsieve.screen import screen_status

    found = screen_status(folder, top)
    if as_json:
        emit_json(
            {
                **_state(found),
                "failed": found.failed,
                "top": [
                    {"target": target, "model": model, "hits": table.to_pylist()}
                    for (target, model), table in found.top.items()
                ],
            }
        )
        return
    emit_pairs(_state(found), title=str(folder))
    for shard, error in found.failed.items():
        say(f"failed: {shard}: {error}", style="yellow")
    for (target, model), table in found.top.items():
        rows = [
            (r["compound_id"], r["score"], r["lower"], r["upper"], r["in_domain"])
            for r in table.to_pylist()
        ]
        columns = ("compound_id", "score", "lower", "upper", "in_domain")
        emit_table(columns, rows, title=f"{target} by {model}")


def _plain(summary: ScreenSummary) -> dict[str, object]:
    return {
        "folder": str(summary.folder),
        "shards": summary.units,
        "scored": summary.scored,
        "found": summary.found,
        "failed": len(summary.failed),
        "compounds": summary.compounds,
        "files": summary.files,
        "seconds": round(summary.seconds, 2),
        "compounds_per_second": round(summary.compounds_per_second, 1),
    }


def _state(status: ScreenStatus) -> dict[str, object]:
    return {
        "folder": str(status.folder),
        "state": status.state,
        "fingerprint": status.fingerprint,
        "shards_done": status.done,
        "shards_total": status.total,
        "compounds_done": status.compounds_done,
        "compounds_total": status.compounds_total,
        "rows": status.rows,
    }
