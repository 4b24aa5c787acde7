"""``hitsieve library enumerate``: make-on-demand libraries from reactions and reagents."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hitsieve.cli.configs import configure
from hitsieve.cli.console import emit_json, emit_table, say
from hitsieve.cli.library_options import steps
from hitsieve.cli.options import ConfigFile, DryRun, Json
from hitsieve.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hitsieve.library.progress import OnProgress
    from hitsieve.library.roles import RefusedReagent

_PRODUCTS_A_MESSAGE = 500
_BOUNDS = ("mw", "heavy_atoms")


def enumerate(  # noqa: A001 - the verb of the command
    out: Annotated[
        Path | None, typer.Argument(help="File of products: .smi .csv .parquet, also .gz.")
    ] = None,
    reaction: Annotated[
        list[str] | None, typer.Option(help="Shipped reaction or YAML file; may be repeated.")
    ] = None,
    reagents: Annotated[
        list[str] | None,
        typer.Option(metavar="ROLE=FILE", help="Reagents of a role of the one reaction named."),
    ] = None,
    selectivity: Annotated[
        str | None,
        typer.Option(metavar="refuse|enumerate", help="Reagents with several reacting groups."),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=LOW:HIGH", help="Products' mw or heavy_atoms; repeatable."),
    ] = None,
    refused: Annotated[
        bool, typer.Option("--refused", help="List the reagents that take no part, and why.")
    ] = False,
    config: ConfigFile = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Run reactions over building blocks; without a file, count the products only.

    The counts are exact before any product is made.

    Examples
    --------
    hitsieve library enumerate

    hitsieve library enumerate products.smi.gz --reaction amide_coupling

    hitsieve library enumerate --reaction amide_coupling --reagents acid=acids.smi
    --reagents amine=amines.smi --selectivity enumerate --where mw=200:500
    """
    from hitsieve.library.enumerate import EnumerationConfig, plan_enumeration, write_products

    flags: dict[str, Any] = {
        "reactions": reaction,
        "reagents": _reagents(reaction, reagents),
        "selectivity": selectivity,
        "product": _bounds(where),
    }
    plans = plan_enumeration(configure(EnumerationConfig, config, flags))
    left_out = [reagent for plan in plans for reagent in plan.refused]
    if refused:
        _list_refused(left_out, as_json=as_json)
        return
    counts = {plan.reaction.name: plan.count() for plan in plans}
    if out is not None and not dry_run:
        with steps() as report:
            told = _every(_PRODUCTS_A_MESSAGE, sum(counts.values()), report)
            summary = write_products(plans, out, progress=told)
        counts = summary.products
        say(f"{summary.total:,} products in {out}; {summary.failed:,} choices gave none")
    if as_json:
        emit_json({"products": counts, "refused_reagents": len(left_out), "file": str(out or "")})
    else:
        emit_table(("reaction", "products"), sorted(counts.items()))
    if left_out:
        say(
            f"{len(left_out):,} reagents do not fit their role and take no part; --refused lists "
            "them",
            style="yellow",
        )


def _every(number: int, total: int, report: OnProgress) -> Callable[[int], None]:
    """Return what counts products and reports each time so many more were made."""
    from hitsieve.library import Progress

    started = time.monotonic()
    done = 0

    def step(more: int) -> None:
        nonlocal done
        done += more
        if done % number == 0 or done == total:
            report(Progress("enumerate", done, total, 0, time.monotonic() - started, done))

    return step


def _list_refused(reagents: Sequence[RefusedReagent], *, as_json: bool) -> None:
    columns = ("reaction", "role", "source", "reagent_id", "smiles", "message")
    rows = [tuple(getattr(reagent, name) for name in columns) for reagent in reagents]
    if as_json:
        emit_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        emit_table(columns, rows, title="reagents that take no part")


def _reagents(
    reactions: list[str] | None, given: list[str] | None
) -> dict[str, dict[str, list[str]]] | None:
    from hitsieve.library.reagents import load_reaction

    if not given:
        return None
    if not reactions or len(reactions) != 1:
        raise UsageError(
            "--reagents needs exactly one --reaction",
            cure="name it, or write the reagents into a file for --config",
        )
    files: dict[str, list[str]] = {}
    for text in given:
        role, equals, file = text.partition("=")
        if not equals or not role or not file:
            raise UsageError(f"--reagents {text!r}", cure="write ROLE=FILE, as amine=amines.smi")
        files.setdefault(role, []).append(file)
    return {load_reaction(reactions[0]).name: files}


def _bounds(where: list[str] | None) -> dict[str, float] | None:
    from hitsieve.library.cut.selection import parse_window

    bounds: dict[str, float] = {}
    for text in where or ():
        name, window = parse_window(text)
        if name not in _BOUNDS:
            raise UsageError(f"products have no bound {name!r}", cure="bound mw or heavy_atoms")
        for end, value in (("min", window.minimum), ("max", window.maximum)):
            if value is not None:
                bounds[f"{end}_{name}"] = value
    return bounds or None
