"""``hitsieve hits``: the best compounds of a screen, annotated, on screen or as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hitsieve.cli.cascades import warn_beyond
from hitsieve.cli.console import emit, emit_json, emit_table, say
from hitsieve.cli.options import Json, Models
from hitsieve.cli.quarantines import say_blocked
from hitsieve.cli.settings import load_settings
from hitsieve.errors import UsageError, nearest

if TYPE_CHECKING:
    import pyarrow as pa

    from hitsieve.hits import HitList

FORMATS = (".csv", ".sdf", ".parquet", ".html")
SHOWN = (
    "rank",
    "compound_id",
    "score",
    "lower",
    "upper",
    "in_domain",
    "novel",
    "cluster",
    "alerts",
    "nearest_similarity",
    "smiles",
)


def hits(
    screen: Annotated[Path, typer.Argument(help="Folder of the screen.")],
    target: Annotated[
        list[str] | None, typer.Option(help="Target; all by default. May be repeated.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, max=100_000, help="Hits a target.")] = 100,
    out: Annotated[
        list[Path] | None,
        typer.Option("--out", help="File to write: .csv .sdf .parquet .html. May be repeated."),
    ] = None,
    by: Annotated[
        str | None, typer.Option(help="name@version, where several models scored a target.")
    ] = None,
    in_domain: Annotated[
        bool, typer.Option("--in-domain", help="List compounds inside the model's domain only.")
    ] = False,
    library: Annotated[
        Path | None, typer.Option(help="Where the library is now, if it was moved.")
    ] = None,
    models: Models = None,
    as_json: Json = False,
) -> None:
    """Show the best compounds of a screen with everything a chemist asks.

    Prediction with interval, domain and why, properties, structural alerts, cluster, scaffold,
    and the nearest measured compound. Works while a screen is still running. A model that was
    quarantined since it scored is warned of, and named in the column `quarantined` of each row.

    Examples
    --------
    hitsieve hits screens/bace --top 20 --in-domain

    hitsieve hits screens/bace --target BACE1 --out hits.csv --out hits.sdf --out hits.html
    """
    for path in out or []:
        _check_format(path)
    import pyarrow as pa

    from hitsieve.hits import collect_all

    places = {"library": library, "registry": load_settings(models=models).models}
    lists = collect_all(screen, target or [], k=top, model=by, in_domain=in_domain, **places)
    _warn(lists, top, in_domain=in_domain)
    table = pa.concat_tables([found.hits for found in lists])
    for path in out or []:
        _write(path, table, screen, lists)
        say(f"wrote {path}", style="green")
    if as_json:
        emit_json(table.to_pylist())
    elif not out:
        _show(table)
    if not table.num_rows:
        say(_why_none(in_domain=in_domain), style="yellow")


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(name="hits")(hits)


def _write(path: Path, table: pa.Table, screen: Path, lists: list[HitList]) -> None:
    if path.suffix.lower() == ".html":
        from hitsieve.report import screen_report, write_report

        write_report(screen_report(screen, lists), path)
    else:
        from hitsieve.hits import export

        export(table, path)


def _warn(lists: list[HitList], top: int, *, in_domain: bool) -> None:
    """Warn of what takes the ground from under a list: stages, domain, quarantines."""
    from hitsieve.hits import blocked_of

    answering = [found.model.reference for found in lists]
    warn_beyond(lists[0].plan, answering, top, in_domain=in_domain)
    _warn_outside(lists)
    say_blocked(blocked_of(lists))


def _warn_outside(lists: list[HitList]) -> None:
    """Warn of hits that a model ranks without having seen anything like them."""
    for found in lists:
        if found.outside:
            say(
                f"{found.target.name}: {found.outside:,} of {found.hits.num_rows:,} hits lie "
                f"outside the domain of {found.model.reference}: it has seen nothing like them, "
                "so trust their scores little; --in-domain lists the best inside it",
                style="yellow",
            )


def _show(table: pa.Table) -> None:
    records = table.to_pylist()
    for target, model in dict.fromkeys((r["target"], r["model"]) for r in records):
        chosen = [r for r in records if (r["target"], r["model"]) == (target, model)]
        rows = [_cells(r) for r in chosen]
        emit_table(("target", *SHOWN), [(target, *row) for row in rows], title=f"by {model}")
    if not records:
        emit("\t".join(("target", *SHOWN)))


def _why_none(*, in_domain: bool) -> str:
    if in_domain:
        return "no compound inside the domain has a score; without --in-domain all are listed"
    return "no compound has a score yet"


def _cells(record: dict[str, Any]) -> tuple[object, ...]:
    return tuple(
        round(value, 3) if isinstance(value := record[name], float) else _words(value)
        for name in SHOWN
    )


def _words(value: object) -> object:
    return "; ".join(str(item) for item in value) if isinstance(value, list) else value


def _check_format(path: Path) -> None:
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise UsageError(
            f"cannot write hits as {path.name!r}{nearest(suffix, FORMATS)}",
            cure=f"name a file that ends in one of {', '.join(FORMATS)}",
        )
