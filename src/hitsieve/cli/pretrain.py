"""``hitsieve pretrain``: a library in, an encoder that networks start from out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hitsieve.cli.configs import configure, show_plan
from hitsieve.cli.console import emit_json, emit_table, progress, say
from hitsieve.cli.failures import resumable
from hitsieve.cli.options import ConfigFile, DryRun, Executor, Json, Workers
from hitsieve.cli.settings import load_settings
from hitsieve.cli.train import parse_settings
from hitsieve.cli.train_options import Seed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hitsieve.cli.settings import Settings
    from hitsieve.modeling.pretrain import PretrainConfig, Pretrained


Library = Annotated[
    Path | None, typer.Argument(help="Folder of a finished library.", show_default=False)
]
Out = Annotated[Path | None, typer.Option(help="Folder of the encoder, made anew.")]
Compounds = Annotated[int | None, typer.Option(min=64, help="Compounds learned from, at most.")]
Recipe = Annotated[str | None, typer.Option(help="Packaged recipe of an encoder, or YAML file.")]
License = Annotated[
    str | None, typer.Option("--license", help="Terms under which the structures may be used.")
]
Title = Annotated[str | None, typer.Option(help="What the library is, in words.")]
Work = Annotated[Path | None, typer.Option(help="Folder of labels and checkpoint, to go on from.")]
Setting = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Lay over the recipe: network.hidden=300"),
]


def pretrain(
    library: Library = None,
    out: Out = None,
    compounds: Compounds = None,
    recipe: Recipe = None,
    terms: License = None,
    title: Title = None,
    work: Work = None,
    seed: Seed = None,
    setting: Setting = None,
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
    settings = load_settings(executor=executor, workers=workers)
    flags: dict[str, Any] = {"library": library, "out": out, "compounds": compounds}
    flags |= {"recipe": recipe, "license": terms, "title": title, "work": work, "seed": seed}
    flags |= {"overrides": parse_settings(setting or []) or None}
    chosen = _chosen(config, flags)
    if dry_run:
        show_plan(chosen, f"would pretrain {chosen.out}")
    else:
        _tell(_pretrain(chosen, settings), as_json=as_json)


def _chosen(file: Path | None, flags: Mapping[str, object]) -> PretrainConfig:
    """Return the configuration; a wrong override is told before any work, in a dry run too."""
    from hitsieve.modeling.pretrain import PretrainConfig

    chosen = configure(PretrainConfig, file, flags)
    chosen.load_recipe()
    return chosen


def _pretrain(chosen: PretrainConfig, settings: Settings) -> Pretrained:
    from hitsieve.engine import open_executor
    from hitsieve.modeling.pretrain import pretrain_encoder

    with (
        resumable("the pretraining"),
        open_executor(settings.executor, settings.workers) as engine,
        progress("pretraining") as report,
    ):
        return pretrain_encoder(
            chosen, engine, lambda stage, done, total: report(done, total, stage)
        )


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
