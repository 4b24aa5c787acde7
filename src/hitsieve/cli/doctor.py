"""``hitsieve doctor``: what is installed, what the machine has, what will be used."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hitsieve.cli.console import emit_json, emit_pairs, emit_table, say
from hitsieve.cli.machine import inspect
from hitsieve.cli.options import Data, Executor, Json, Models, Workers
from hitsieve.cli.settings import load_settings

NODE_COLUMNS = ("address", "host", "state", "cpus", "gpus", "memory_gib", "labels", "hitsieve")


def doctor(
    executor: Executor = None,
    workers: Workers = None,
    models: Models = None,
    data: Data = None,
    cluster: Annotated[
        bool, typer.Option("--cluster", help="Join the cluster of RAY_ADDRESS and ask every node.")
    ] = False,
    shared: Annotated[
        Path | None, typer.Option(help="With --cluster: folder all nodes must share.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show versions, cores, memory, disk and GPUs, and what a run would use.

    With --cluster also every node: whether it answers, has the same versions and the right
    time, and sees the shared storage; and whether token and dashboard are private.

    Examples
    --------
    hitsieve doctor

    hitsieve doctor --json | jq .problems

    RAY_ADDRESS=10.0.0.1:6379 hitsieve doctor --cluster --shared /shared
    """
    found = inspect(load_settings(executor=executor, workers=workers, models=models, data=data))
    if cluster:
        from hitsieve.cli.cluster import inspect_cluster

        found["cluster"] = inspect_cluster(shared)
        found["problems"] += found["cluster"]["problems"]
    if as_json:
        emit_json(found)
    else:
        gpus = ", ".join(found["machine"]["gpus"]) or "none: models run on the processor"
        emit_pairs(found["versions"], title="installed")
        emit_pairs({**found["machine"], "gpus": gpus}, title="this machine")
        emit_pairs(found["use"], title="will be used")
    if cluster and not as_json:
        nodes = found["cluster"]["nodes"]
        rows = [[str(node[name]) for name in NODE_COLUMNS] for node in nodes]
        emit_table(NODE_COLUMNS, rows, title=f"cluster {found['cluster']['address']}")
    for problem in found["problems"]:
        say(f"problem: {problem}", style="yellow")
    if not found["problems"]:
        say("no problems found", style="green")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="doctor")(doctor)
