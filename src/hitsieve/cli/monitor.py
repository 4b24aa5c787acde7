"""``hitsieve monitor``: whether predictions came true, and whether a library has drifted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hitsieve.cli.console import emit_json, emit_pairs, emit_table, say
from hitsieve.cli.options import Data, Json, Models
from hitsieve.cli.quarantines import say_blocked
from hitsieve.cli.settings import load_settings

if TYPE_CHECKING:
    import pyarrow as pa

    from hitsieve.metrics.bootstrap import Interval
    from hitsieve.monitor.judge import ScreenJudgment
    from hitsieve.monitor.scoreboard import Prospective

app = typer.Typer(no_args_is_help=True, help="Judge models in use: new measurements, drift.")


@app.command()
def scores(
    screen: Annotated[Path, typer.Argument(help="Folder of the screen that predicted.")],
    labels: Annotated[
        str,
        typer.Argument(help="New measurements: LABELS as Parquet, or a data set's name or card."),
    ],
    target: Annotated[str, typer.Option(help="Which target.")],
    by: Annotated[
        str | None, typer.Option(help="name@version, where several models scored it.")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(help="Only later labels count (UTC); default: when the screen ran."),
    ] = None,
    active_at: Annotated[
        float | None, typer.Option(help="Value from which a compound counts as active.")
    ] = None,
    models: Models = None,
    data_folder: Data = None,
    as_json: Json = False,
) -> None:
    """Compare new measurements with the predictions made before, and advise.

    New is what the model did not learn from and what was measured after the screen. A label
    without a date is new, unless the model's own test part holds the compound.

    Error or calibration, and enrichment, overall, by scaffold and by month; then keep, retrain,
    roll back, or wait for more measurements.

    Examples
    --------
    hitsieve monitor scores screens/bace round2.parquet --target BACE1 --active-at 7
    """
    from hitsieve.hits import blocked_models, plain_blocks
    from hitsieve.monitor.judge import find_screened, judge_screen, read_new_labels
    from hitsieve.registry.registry import Registry
    from hitsieve.screen import load_plan

    settings = load_settings(models=models, data=data_folder)
    registry = Registry(settings.models)
    screened = find_screened(screen, target, registry=registry, model=by)
    told = read_new_labels(labels, folder=settings.data, policy=screened.policy)
    _warn_of_the_future(told)
    found = judge_screen(
        screened,
        told,
        registry=registry,
        predicted_at=since.replace(tzinfo=UTC) if since else None,
        active_at=active_at,
    )
    blocked = blocked_models(load_plan(screen), settings.models, [screened.scores.model])
    if as_json:
        emit_json({**found.to_dict(), "quarantined": plain_blocks(blocked)})
        return
    say_blocked(blocked)
    facts = {"model": found.model, "target": target, **_counted(found), **_fared(found.overall)}
    emit_pairs(facts, title=f"{target} by {found.model}")
    emit_table(*_parts(found), title="by part")
    say(f"{found.advice}: {found.reason}", style="green" if found.advice == "keep" else "yellow")


def _warn_of_the_future(labels: pa.Table) -> None:
    """Warn of measurements that cannot have been made yet: their time column is wrong."""
    import pyarrow.compute as pc

    tomorrow = datetime.now(UTC) + timedelta(days=1)  # a day is a day later elsewhere
    times = labels.column("measured_at")
    later = times.filter(pc.greater(times, tomorrow))
    if len(later):
        say(
            f"warning: {len(later):,} of {len(labels):,} measurements are dated in the future, up "
            f"to {pc.max(later).as_py():%Y-%m-%d}: check the column of times",
            style="yellow",
        )


def _counted(found: ScreenJudgment) -> dict[str, str]:
    """Say what became of every label."""
    counts = found.overall.counts
    known = str(counts.known) if found.learned else "unknown: the model does not tell"
    undated = f", of them {counts.undated} without a date" if counts.undated else ""
    return {
        "measured": str(counts.measured),
        "already known to the model": known,
        f"measured before {found.predicted_at:%Y-%m-%d %H:%M} UTC": str(counts.before),
        "without a prediction": str(counts.unpredicted),
        "bounds only": str(counts.censored),
        "compared": f"{counts.compared}{undated}",
    }


def _fared(found: Prospective) -> dict[str, str]:
    from hitsieve.monitor.scoreboard import ValueScores

    scores = found.scores
    if isinstance(scores, ValueScores):
        return {
            "rmse": _interval(scores.rmse),
            "rank correlation": _number(scores.spearman, ".2f"),
            "bias": _number(scores.bias, "+.3g"),
            "inside their interval": _number(scores.coverage, ".0%"),
            "enrichment in the top 10 %": _number(scores.enrichment, ".2f"),
        }
    bounds = f"{_number(scores.lower, '.0%')} to {_number(scores.upper, '.0%')}"
    chance = f"up to {scores.ece_by_chance:.3f} by chance"
    return {
        "Brier score": _interval(scores.brier),
        "ROC AUC": _number(scores.roc_auc, ".2f"),
        "calibration error": f"{scores.ece:.3f} ({chance})",
        "share of class 1": f"{scores.share:.0%}; {scores.predicted:.0%} foretold, bounds {bounds}",
        "enrichment in the top 10 %": _number(scores.enrichment, ".2f"),
    }


def _parts(found: ScreenJudgment) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    """Return the heads and rows of the table of slices."""
    heads = ("part", "", "compounds")
    if found.overall.task == "regression":
        return (*heads, "rmse", "bias", "inside"), [
            (s.kind, s.name, s.compounds, f"{s.rmse:.3g}", f"{s.bias:+.3g}",
             _number(s.coverage, ".0%"))
            for s in found.slices
        ]  # fmt: skip
    return (*heads, "Brier score", "foretold minus observed share"), [
        (s.kind, s.name, s.compounds, f"{s.brier:.3g}", f"{s.bias:+.0%}") for s in found.slices
    ]


def _interval(found: Interval) -> str:
    return f"{found.value:.3g} ({found.low:.3g} to {found.high:.3g})"


def _number(value: float, form: str) -> str:
    return format(value, form) if isfinite(value) else "not defined"


@app.command()
def drift(
    library: Annotated[Path, typer.Argument(help="Folder of the library.")],
    model: Annotated[str, typer.Option(help="name, name@version or name@champion.")],
    models: Models = None,
    as_json: Json = False,
) -> None:
    """Tell how far a library lies from what a model was trained on.

    Each distance stands beside the largest one that chance gives between samples of one
    chemistry.

    Examples
    --------
    hitsieve monitor drift libraries/enamine --model bace
    """
    from hitsieve.library import Library
    from hitsieve.monitor.library_drift import library_drift
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
