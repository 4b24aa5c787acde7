"""``hitsieve monitor``: whether predictions came true, and whether a library has drifted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from hitsieve.cli.console import emit_json, emit_pairs, emit_table, say
from hitsieve.cli.options import Json, Models
from hitsieve.cli.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Judge models in use: new measurements, drift.")


@app.command()
def scores(
    screen: Annotated[Path, typer.Argument(help="Folder of the screen that predicted.")],
    labels: Annotated[
        str, typer.Argument(help="New measurements: LABELS as Parquet, or a dataset card.")
    ],
    target: Annotated[str, typer.Option(help="Which target.")],
    by: Annotated[
        str | None, typer.Option(help="name@version, where several models scored it.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(help="When the screen ran; only later labels count.")
    ] = None,
    active_at: Annotated[
        float | None, typer.Option(help="Value from which a compound counts as active.")
    ] = None,
    models: Models = None,
    as_json: Json = False,
) -> None:
    """Compare new measurements with the predictions made before, and advise.

    Error, coverage and enrichment, overall, by scaffold and by month; then keep, retrain, roll
    back, or wait for more measurements.

    Examples
    --------
    hitsieve monitor scores screens/bace round2.parquet --target BACE1 --active-at 7
    """
    from hitsieve.monitor.judge import judge_screen, read_new_labels
    from hitsieve.registry.registry import Registry

    found = judge_screen(
        screen,
        read_new_labels(labels),
        target,
        registry=Registry(load_settings(models=models).models),
        model=by,
        predicted_at=since.replace(tzinfo=UTC) if since else None,
        active_at=active_at,
    )
    if as_json:
        emit_json(found.to_dict())
        return
    all_, error = found.overall, found.overall.rmse
    emit_pairs(
        {
            "compared": f"{all_.compared} of {all_.measured} measured",
            "rmse": f"{error.value:.3g} ({error.low:.3g} to {error.high:.3g})",
            "rank correlation": f"{all_.spearman:.2f}",
            "inside their interval": f"{all_.coverage:.0%}",
            "enrichment in the top 10 %": f"{all_.enrichment:.2f}",
        },
        title=f"{target} by {found.model}",
    )
    rows = [
        (s.kind, s.name, s.compounds, f"{s.rmse:.3g}", f"{s.bias:+.3g}", f"{s.coverage:.0%}")
        for s in found.slices
    ]
    emit_table(("part", "", "compounds", "rmse", "bias", "inside"), rows, title="by part")
    say(f"{found.advice}: {found.reason}", style="green" if found.advice == "keep" else "yellow")


@app.command()
def drift(
    library: Annotated[Path, typer.Argument(help="Folder of the library.")],
    model: Annotated[str, typer.Option(help="name, name@version or name@champion.")],
    models: Models = None,
    as_json: Json = False,
) -> None:
    """Tell how far a library lies from what a model was trained on.

    Examples
    --------
    hitsieve monitor drift libraries/enamine --model bace
    """
    from hitsieve.library import Library
    from hitsieve.monitor.judge import library_drift
    from hitsieve.registry.registry import Registry

    bundle = Registry(load_settings(models=models).models).read(model)
    found = library_drift(Library.open(library), bundle)
    if as_json:
        emit_json(found.to_dict())
        return
    space = found.embedding
    rows = [
        *((d.name, f"{d.psi:.3f}", f"{d.noise:.3f}", d.verdict)
          for d in found.descriptors.descriptors),
        ("network's space", f"{space.distance:.3f}", f"{space.noise:.3f}", space.verdict),
    ]  # fmt: skip
    emit_table(("what", "distance", "by chance up to", "verdict"), rows)
    say(f"{found.verdict}: {library} against the training set of {bundle.name}")
