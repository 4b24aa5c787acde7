"""``hitsieve doctor``: what is installed, what the machine has, what will be used."""

from __future__ import annotations

import typer

from hitsieve.cli.console import emit_json, emit_pairs, say
from hitsieve.cli.machine import inspect
from hitsieve.cli.options import Data, Executor, Json, Models, Workers
from hitsieve.cli.settings import load_settings


def doctor(
    executor: Executor = None,
    workers: Workers = None,
    models: Models = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show versions, cores, memory, disk and GPUs, and what a run would use.

    Examples
    --------
    hitsieve doctor

    hitsieve doctor --json | jq .problems
    """
    found = inspect(load_settings(executor=executor, workers=workers, models=models, data=data))
    if as_json:
        emit_json(found)
    else:
        gpus = ", ".join(found["machine"]["gpus"]) or "none: models run on the processor"
        emit_pairs(found["versions"], title="installed")
        emit_pairs({**found["machine"], "gpus": gpus}, title="this machine")
        emit_pairs(found["use"], title="will be used")
    for problem in found["problems"]:
        say(f"problem: {problem}", style="yellow")
    if not found["problems"]:
        say("no problems found", style="green")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="doctor")(doctor)
