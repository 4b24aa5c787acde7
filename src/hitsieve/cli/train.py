"""``hitsieve train``: measurements in, registered model out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from hitsieve.cli.configs import configure, show_plan
from hitsieve.cli.console import emit_json, emit_table, progress, say
from hitsieve.cli.failures import resumable
from hitsieve.cli.options import ConfigFile, Data, DryRun, Executor, Json, Models, Workers
from hitsieve.cli.settings import load_settings
from hitsieve.cli.train_options import (
    CompareSplits,
    DataSets,
    Leaks,
    Name,
    Recipe,
    Replicates,
    Seed,
    Setting,
    Split,
    Target,
    Tune,
    Twins,
)
from hitsieve.errors import UsageError
from hitsieve.plain_yaml import read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import typer

    from hitsieve.cli.settings import Settings
    from hitsieve.engine.executor import Executor as Engine
    from hitsieve.modeling.config import TrainConfig
    from hitsieve.modeling.train import TrainedModel


def train(
    data: DataSets = None,
    name: Name = None,
    target: Target = None,
    recipe: Recipe = None,
    split: Split = None,
    twins: Twins = None,
    leaks: Leaks = None,
    compare_splits: CompareSplits = False,
    tune: Tune = None,
    replicates: Replicates = None,
    seed: Seed = None,
    setting: Setting = None,
    models: Models = None,
    data_folder: Data = None,
    executor: Executor = None,
    workers: Workers = None,
    config: ConfigFile = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Train an ensemble, calibrate it, compare it with a fingerprint forest, and register it.

    Several data sets become one model with a column for each target; a compound need not be
    measured on all of them.

    Examples
    --------
    hitsieve data fetch esol && hitsieve train esol --name esol

    hitsieve train my_card.yaml --name mine --recipe fast --set training.members=5

    hitsieve train bace --name bace --tune 30

    hitsieve train dated.yaml --name dated --split time --twins drop --leaks refuse
    """
    settings = load_settings(models=models, data=data_folder, executor=executor, workers=workers)
    flags: dict[str, Any] = {"name": name, "data": _sources(data, target), "recipe": recipe}
    flags |= {"split": _given(kind=split, twins=twins), "leaks": leaks, "seed": seed}
    flags |= {"curation": _given(replicates=replicates or None)}
    flags |= {"compare_splits": compare_splits or None}
    flags |= {"overrides": parse_settings(setting or []) or None}
    flags |= {"registry": models, "data_folder": data_folder}
    chosen = _chosen(config, flags, settings)
    if dry_run:
        show_plan(chosen, f"would train {chosen.name}")
    else:
        _tell(_train(chosen, tune, settings), as_json=as_json)


def _chosen(file: Path | None, flags: Mapping[str, object], settings: Settings) -> TrainConfig:
    """Return the configuration; a wrong override is told before any work, in a dry run too."""
    from hitsieve.modeling.config import TrainConfig

    defaults = {"registry": settings.models, "data_folder": settings.data}
    chosen = configure(TrainConfig, file, flags, defaults)
    chosen.load_recipe()
    return chosen


def _train(chosen: TrainConfig, minutes: float | None, settings: Settings) -> TrainedModel:
    """Train and draw the figures, after a search of settings if there are minutes for one."""
    from hitsieve.engine import open_executor
    from hitsieve.modeling.train import train_model
    from hitsieve.report.model_figures import write_figures

    with (
        resumable("the training"),
        open_executor(settings.executor, settings.workers) as engine,
        progress("training") as report,
    ):
        if minutes:
            chosen = _search(chosen, minutes, engine)
        trained = train_model(chosen, engine, lambda stage, done, total: report(done, total, stage))
    write_figures(trained.card, trained.run)
    return trained


def _sources(data: list[str] | None, targets: list[str] | None) -> list[dict[str, object]]:
    return [{"card": card, "targets": tuple(targets or ())} for card in data or []]


def _given(**values: str | None) -> dict[str, str] | None:
    """Return the flags that were given; None if none was."""
    return {name: value for name, value in values.items() if value is not None} or None


def _search(chosen: TrainConfig, minutes: float, engine: Engine) -> TrainConfig:
    """Search settings, tell what was found, and ask for a training with them."""
    from hitsieve.modeling.tune import tune_recipe

    tuned = tune_recipe(chosen, 60 * minutes, engine)
    best, first = tuned.tried[0], len(tuned.tried)
    changes = ", ".join(f"{name}={value}" for name, value in tuned.changed.items())
    say(f"{first} settings tried, best loss {best.loss:.4f}: {changes or 'those of the recipe'}")
    say(f"recipe: {tuned.recipe}")
    return chosen.model_copy(update={"recipe": str(tuned.recipe), "overrides": {}})


def parse_settings(pairs: list[str]) -> dict[str, Any]:
    """Read ``a.b=1`` pairs into a nested mapping; values are read as YAML.

    Raises
    ------
    UsageError
        If a pair has no key or no equals sign, or its value is no YAML.

    Examples
    --------
    >>> parse_settings(["training.epochs=9", "training.seed=1", "network.encoder=gine"])
    {'training': {'epochs': 9, 'seed': 1}, 'network': {'encoder': 'gine'}}
    """
    found: dict[str, Any] = {}
    for pair in pairs:
        path, equals, text = pair.partition("=")
        keys = path.strip().split(".")
        try:
            value = read_yaml(text)
        except yaml.YAMLError as error:
            raise UsageError(f"--set {pair}: the value is no YAML: {error}") from None
        if not equals or not all(keys):
            raise UsageError(f"--set {pair!r}", cure="write key=value, as training.epochs=9")
        inner = found
        for key in keys[:-1]:
            inner = inner.setdefault(key, {})
            if not isinstance(inner, dict):
                raise UsageError(f"--set {pair}: {key} was given a value before")
        inner[keys[-1]] = value
    return found


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="train")(train)


def _tell(trained: TrainedModel, *, as_json: bool) -> None:
    card = trained.card
    if as_json:
        emit_json(
            {
                "model": trained.entry.reference,
                "folder": str(trained.entry.folder),
                "digest": trained.digest,
                "run": str(trained.run),
                "seconds": trained.seconds,
                "metrics": [metric.model_dump() for metric in card.metrics],
                "warnings": list(card.warnings),
            }
        )
    else:
        rows = [
            (m.target, m.metric, m.compounds, str(m.network), str(m.baseline), m.verdict)
            for m in card.metrics
        ]
        columns = ("target", "metric", "compounds", "model", "random forest", "better")
        emit_table(columns, rows, title="on held-out compounds")
    for warning in card.warnings:
        say(f"warning: {warning}", style="yellow")
    reference = trained.entry.reference
    say(f"model: {reference}; its card: hitsieve models show {reference}", style="green")
