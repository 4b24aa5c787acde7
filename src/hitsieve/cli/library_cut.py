"""``hitsieve library subset`` and ``sample``: libraries out of larger ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hitsieve.cli.configs import configure, show_plan
from hitsieve.cli.console import emit_json, emit_table, say
from hitsieve.cli.failures import resumable
from hitsieve.cli.library_options import Folder, Out, steps
from hitsieve.cli.options import ConfigFile, DryRun, Executor, Json, Workers
from hitsieve.cli.settings import load_settings
from hitsieve.errors import listed

if TYPE_CHECKING:
    from hitsieve.library.cut import SubsetConfig, SubsetSummary


def subset(
    folder: Annotated[Path | None, typer.Argument(help="Library to cut out of.")] = None,
    out: Out = None,
    where: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=LOW:HIGH", help="Property window, as mw=200:450; repeatable."),
    ] = None,
    smarts: Annotated[
        list[str] | None, typer.Option(help="Substructure to hold; repeatable.")
    ] = None,
    not_smarts: Annotated[
        list[str] | None, typer.Option(help="Substructure to lack; repeatable.")
    ] = None,
    ids: Annotated[
        list[Path] | None, typer.Option(help="File with one identifier a line; repeatable.")
    ] = None,
    structures: Annotated[
        list[str] | None, typer.Option(help="File of structures, matched by structure.")
    ] = None,
    available: Annotated[
        bool | None, typer.Option("--available", help="Leave out withdrawn compounds.")
    ] = None,
    executor: Executor = None,
    workers: Workers = None,
    config: ConfigFile = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Cut a new library out of one: what passes every condition given.

    Examples
    --------
    hitsieve library subset libraries/vendor --where mw=200:450 --out libraries/leads

    hitsieve library subset libraries/vendor --ids wanted.txt --out libraries/wanted
    """
    from hitsieve.library.cut import SubsetConfig
    from hitsieve.library.cut.selection import parse_window

    windows = dict(parse_window(text) for text in where or ())
    flags: dict[str, Any] = {
        "library": folder,
        "output": out,
        "properties": {name: w.model_dump() for name, w in windows.items()} or None,
        "present": smarts,
        "absent": not_smarts,
        "ids": ids,
        "structures": structures,
        "available": available,
    }
    chosen = configure(SubsetConfig, config, flags)
    if dry_run:
        show_plan(chosen, f"would cut {chosen.output} out of {chosen.library}")
        return
    _told(_cut(chosen, executor, workers), as_json=as_json)


def sample(
    folder: Folder,
    number: Annotated[int, typer.Option("--number", "-n", min=1, help="Compounds to take.")] = 10,
    seed: Annotated[int, typer.Option(help="Another seed takes others.")] = 0,
    out: Out = None,
    executor: Executor = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Take compounds at random: print them, or make a library of them.

    A sample depends on the compounds and the seed alone, and a larger one holds the smaller.

    Examples
    --------
    hitsieve library sample libraries/vendor -n 20

    hitsieve library sample libraries/vendor -n 10000 --seed 7 --out libraries/pilot
    """
    from hitsieve.library import Library
    from hitsieve.library.cut import SubsetConfig
    from hitsieve.library.cut.work import sample_ids

    if out is not None:
        config = SubsetConfig(library=folder, output=out, sample=number, seed=seed)
        _told(_cut(config, executor, workers), as_json=as_json)
        return
    library = Library.open(folder)
    columns = ["compound_id", "smiles", "source_ids"]
    rows = library.lookup(sample_ids(library, number, seed), columns).to_pylist()
    if as_json:
        emit_json(rows)
    else:
        lines = [(r["compound_id"], r["smiles"], " ".join(r["source_ids"])) for r in rows]
        emit_table(columns, lines, title=f"{len(rows)} of {len(library):,} compounds")


def _cut(config: SubsetConfig, executor: str | None, workers: int | None) -> SubsetSummary:
    from hitsieve.engine import open_executor
    from hitsieve.library.cut import cut_subset

    settings = load_settings(executor=executor, workers=workers)
    with (
        resumable("the cut"),
        open_executor(settings.executor, settings.workers) as engine,
        steps() as report,
    ):
        return cut_subset(config, engine, report)


def _told(summary: SubsetSummary, *, as_json: bool) -> None:
    origin = summary.manifest.origin
    changes = origin.changes if origin is not None else {}
    if as_json:
        missing = list(summary.not_found)
        emit_json({"library": str(summary.output), **changes, "not_found": missing})
    else:
        emit_table(("compounds", "number"), [(k.replace("_", " "), n) for k, n in changes.items()])
    if summary.not_found:
        some = listed(summary.not_found)
        say(f"{len(summary.not_found):,} listed entries not found: {some}", style="yellow")
    if not changes.get("chosen"):
        say("warning: no compound was chosen, so the library is empty", style="bold yellow")
    say(f"library: {summary.output}", style="green")
