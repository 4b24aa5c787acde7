"""``hitsieve pretrain``: a library in, an encoder that networks start from out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hitsieve.cli.configs import configure, show_plan
from hitsieve.cli.console import emit_json, emit_table, progress, say
from hitsieve.cli.failures import resumable
from hitsieve.cli.options import ConfigFile, DryRun, Executor, Json, Workers
from hitsieve.cli.settings import load_settings
from hitsieve.cli.train import parse_settings

if TYPE_CHECKING:
    from hitsieve.modeling.pretrain import Pretrained


def pretrain(
    library: Annotated[
        Path | None, typer.Argument(help="Folder of a finished library.", show_default=False)
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the encoder, made anew.")] = None,
    compounds: Annotated[
        int | None, typer.Option(min=64, help="Compounds learned from, at most.")
    ] = None,
    recipe: Annotated[
        str | None, typer.Option(help="Packaged recipe of an encoder, or YAML file.")
    ] = None,
    terms: Annotated[
        str | None, typer.Option("--license", help="Terms under which the structures may be used.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="What the library is, in words.")] = None,
    work: Annotated[
        Path | None, typer.Option(help="Folder of labels and checkpoint, to go on from.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of everything random.")] = None,
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Lay over the recipe: network.hidden=300"),
    ] = None,
    executor: Executor = None,
    workers: Workers = None,
    config: ConfigFile = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Teach an encoder on compounds without measurements.

    It learns to predict descriptors and fingerprints that can be computed for any compound;
    networks then start from it (`encoder:` of a recipe). An interrupted run goes on where it
    stopped.

    Examples
    --------
    hitsieve pretrain libraries/vendor --out encoders/mine --license "CC BY 4.0"

    hitsieve train card.yaml --name mymodel --set encoder=encoders/mine
    """
    from hitsieve.engine import open_executor
    from hitsieve.modeling.pretrain import PretrainConfig, pretrain_encoder

    settings = load_settings(executor=executor, workers=workers)
    flags = {
        "library": library,
        "out": out,
        "compounds": compounds,
        "recipe": recipe,
        "license": terms,
        "title": title,
        "work": work,
        "seed": seed,
        "overrides": parse_settings(setting or []) or None,
    }
    chosen = configure(PretrainConfig, config, flags)
    chosen.load_recipe()  # a wrong override must be told before any work, in a dry run too
    if dry_run:
        show_plan(chosen, f"would pretrain {chosen.out}")
        return
    with (
        resumable("the pretraining"),
        open_executor(settings.executor, settings.workers) as engine,
        progress("pretraining") as report,
    ):

        def step(stage: str, done: int, total: int) -> None:
            report(done, total, stage)

        made = pretrain_encoder(chosen, engine, step)
    _tell(made, as_json=as_json)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="pretrain")(pretrain)


def _tell(made: Pretrained, *, as_json: bool) -> None:
    history = made.card.history
    if as_json:
        emit_json(
            {
                "encoder": str(made.folder),
                "digest": made.digest,
                "compounds": made.card.compounds,
                "history": [epoch.model_dump() for epoch in history],
            }
        )
    else:
        columns = ("epoch", "learned from", "descriptors", "counts")
        rows = [
            (str(e.number), f"{e.train:.3f}", f"{e.descriptors:.3f}", f"{e.counts:.3f}")
            for e in history
        ]
        emit_table(columns, rows, title="mean squared error in standard deviations")
    say(f"encoder: {made.folder}; train with --set encoder={made.folder}", style="green")
