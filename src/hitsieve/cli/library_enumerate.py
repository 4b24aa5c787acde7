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

    from hitsieve.library.enumerate import ReactionPlan
    from hitsieve.library.progress import OnProgress
    from hitsieve.library.roles import RefusedReagent

_PRODUCTS_A_MESSAGE = 500
_BOUNDS = ("mw", "heavy_atoms")


Products = Annotated[
    Path | None, typer.Argument(help="File of products: .smi .csv .parquet, also .gz.")
]
Reaction = Annotated[
    list[str] | None, typer.Option(help="Shipped reaction or YAML file; may be repeated.")
]
Reagents = Annotated[
    list[str] | None,
    typer.Option(metavar="ROLE=FILE", help="Reagents of a role of the one reaction named."),
]
Selectivity = Annotated[
    str | None,
    typer.Option(metavar="refuse|enumerate", help="Reagents with several reacting groups."),
]
Where = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=LOW:HIGH", help="Products' mw or heavy_atoms; repeatable."),
]
Refused = Annotated[
    bool, typer.Option("--refused", help="List the reagents that take no part, and why.")
]


def enumerate(  # noqa: A001 - the verb of the command
    out: Products = None,
    reaction: Reaction = None,
    reagents: Reagents = None,
    selectivity: Selectivity = None,
    where: Where = None,
    refused: Refused = False,
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
    from hitsieve.library.enumerate import EnumerationConfig, plan_enumeration

    flags: dict[str, Any] = {"reactions": reaction, "reagents": _reagents(reaction, reagents)}
    flags |= {"selectivity": selectivity, "product": _bounds(where)}
    plans = plan_enumeration(configure(EnumerationConfig, config, flags))
    if refused:
        _list_refused(_left_out(plans), as_json=as_json)
    else:
        _tell(plans, out, dry_run=dry_run, as_json=as_json)


def _tell(plans: Sequence[ReactionPlan], out: Path | None, *, dry_run: bool, as_json: bool) -> None:
    """Tell how many products there are; write them first if they are to go into a file."""
    counts = {plan.reaction.name: plan.count() for plan in plans}
    outside = {plan.reaction.name: plan.combinations - counts[plan.reaction.name] for plan in plans}
    if out is not None and not dry_run:
        counts = _write(plans, out, sum(counts.values()))
    left_out = len(_left_out(plans))
    if as_json:
        told = {"products": counts, "outside_bounds": outside, "refused_reagents": left_out}
        emit_json({**told, "file": str(out or "")})
    else:
        emit_table(("reaction", "products"), sorted(counts.items()))
    for plan in plans:
        if outside[plan.reaction.name]:
            say(_outside_words(plan, outside[plan.reaction.name]), style="yellow")
    if left_out:
        say(
            f"{left_out:,} reagents do not fit their role and take no part; --refused lists them",
            style="yellow",
        )


def _outside_words(plan: ReactionPlan, outside: int) -> str:
    bounds = plan.reaction.product
    return (
        f"{plan.reaction.name}: {outside:,} of {plan.combinations:,} choices give products beyond "
        f"mw={bounds.min_mw:g}:{bounds.max_mw:g}, "
        f"heavy_atoms={bounds.min_heavy_atoms}:{bounds.max_heavy_atoms}; --where sets other bounds"
    )


def _write(plans: Sequence[ReactionPlan], out: Path, total: int) -> dict[str, int]:
    """Write the products, and return how many each reaction gave."""
    from hitsieve.library.enumerate import write_products

    with steps() as report:
        told = _every(_PRODUCTS_A_MESSAGE, total, report)
        summary = write_products(plans, out, progress=told)
    say(f"{summary.total:,} products in {out}; {summary.failed:,} choices gave none")
    return summary.products


def _left_out(plans: Sequence[ReactionPlan]) -> list[RefusedReagent]:
    return [reagent for plan in plans for reagent in plan.refused]


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
