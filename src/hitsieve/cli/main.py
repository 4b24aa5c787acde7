"""The ``hitsieve`` command: verbs on nouns.

Each noun has a file of its own, imported here; what is slow to import (Ray, torch, RDKit,
pandas) is imported inside the commands, so that ``hitsieve --help`` answers at once.
"""

from __future__ import annotations

import os

import typer

from hitsieve.cli import (
    campaign,
    data,
    demo_command,
    distill,
    doctor,
    explain,
    hits,
    library,
    metrics,
    models,
    models_diff,
    monitor,
    oracle,
    pretrain,
    promotion,
    screen,
    serve,
    train,
    version,
)
from hitsieve.cli.failures import GuardedGroup

EPILOG = """\
[bold]Examples[/bold]

[dim]a first screen, from nothing to a ranked hit list:[/dim]  hitsieve demo

[dim]the same on your own data:[/dim]

  hitsieve library build compounds.smi.gz --out libraries/mine

  hitsieve train card.yaml --name mymodel

  hitsieve screen run libraries/mine --model mymodel --out screens/first

  hitsieve hits screens/first --top 100 --out hits.html

Data goes to stdout, everything else to stderr. Exit codes: docs/exit-codes.md.
"""

app = typer.Typer(
    name="hitsieve",
    cls=GuardedGroup,
    help="Screen millions of compounds against targets, on a laptop or a Ray cluster.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

demo_command.add_to(app)
doctor.add_to(app)
app.add_typer(library.app, name="library")
app.add_typer(data.app, name="data")
train.add_to(app)
distill.add_to(app)
pretrain.add_to(app)
promotion.add_to(models.app)
models_diff.add_to(models.app)
app.add_typer(models.app, name="models")
explain.add_to(app)
app.add_typer(monitor.app, name="monitor")
app.add_typer(screen.app, name="screen")
app.add_typer(campaign.app, name="campaign")
app.add_typer(oracle.app, name="oracle")
hits.add_to(app)
metrics.add_to(app)
serve.add_to(app)
version.add_to(app)


def main() -> None:
    """Run the command line; the entry point of ``hitsieve`` and ``python -m hitsieve``."""
    # Both are read when Ray is imported, here and in its workers: nothing is reported outward.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    app()
