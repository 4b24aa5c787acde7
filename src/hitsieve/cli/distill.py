"""``hitsieve distill``: a costly model teaches a small one that scores a library first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hitsieve.cli.configs import configure, show_plan
from hitsieve.cli.console import emit_json, emit_table, progress, say
from hitsieve.cli.options import ConfigFile, DryRun, Executor, Json, Models, Workers
from hitsieve.cli.settings import load_settings
from hitsieve.cli.train import parse_settings
from hitsieve.cli.train_options import Seed

if TYPE_CHECKING:
    from hitsieve.modeling.distill import DistilledModel


def distill(
    teacher: Annotated[
        str | None, typer.Argument(help="name, name@version, name@champion or a folder.")
    ] = None,
    library: Annotated[
        Path | None, typer.Option(help="Library whose compounds it learns on.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Of the student; <teacher>-student by default.")
    ] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Compounds it learns from.")] = None,
    seed: Seed = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="As network.hidden=64; may be repeated."),
    ] = None,
    models: Models = None,
    executor: Executor = None,
    workers: Workers = None,
    config: ConfigFile = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Distill a model into one small network that imitates it at a fraction of its cost.

    It learns the model's predictions of a random part of a library, and is registered as a model
    of its own. `hitsieve screen run --student` lets it score everything first.

    Examples
    --------
    hitsieve distill bace --library libraries/vendor

    hitsieve distill bace@3 --library libraries/vendor --name quick --set network.hidden=64
    """
    from hitsieve.engine import open_executor
    from hitsieve.modeling.distill import DistillConfig
    from hitsieve.modeling.distill import distill as run
    from hitsieve.registry.locate import locate

    settings = load_settings(models=models, executor=executor, workers=workers)
    flags = {
        **parse_settings(setting or []),
        "teacher": teacher,
        "library": library,
        "name": name,
        "sample": sample,
        "seed": seed,
        "registry": models,
    }
    chosen = configure(DistillConfig, config, flags, {"registry": settings.models})
    if dry_run:
        locate(chosen.teacher, chosen.registry)  # a teacher that is not there or blocked is told
        show_plan(chosen, f"would distill {chosen.teacher}")
        return
    with (
        open_executor(settings.executor, settings.workers) as engine,
        progress("distilling") as report,
    ):
        made = run(chosen, engine, lambda stage, done, total: report(done, total, stage))
    _tell(made, as_json=as_json)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="distill")(distill)


def _tell(made: DistilledModel, *, as_json: bool) -> None:
    card, reference = made.card, made.entry.reference
    if as_json:
        emit_json(
            {
                "model": reference,
                "folder": str(made.entry.folder),
                "digest": made.digest,
                "teacher": card.teacher,
                "fidelity": [found.model_dump() for found in card.fidelity],
                "warnings": list(card.warnings),
            }
        )
    else:
        rows = [(f.target, f.measure, f.compounds, str(f.student)) for f in card.fidelity]
        emit_table(("target", "measure", "compounds", "found"), rows, title="fidelity")
    for warning in card.warnings:
        say(f"warning: {warning}", style="yellow")
    say(f"student: {reference}; its card: hitsieve models show {reference}", style="green")
