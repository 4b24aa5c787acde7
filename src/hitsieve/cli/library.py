"""``hitsieve library``: build, grow, look into, cut, enumerate and verify compound libraries."""

from __future__ import annotations

from typing import Annotated

import typer

from hitsieve.cli import library_cut, library_enumerate, library_growth, library_show
from hitsieve.cli.configs import configure, show_plan
from hitsieve.cli.console import emit, emit_json, say
from hitsieve.cli.failures import resumable
from hitsieve.cli.library_options import (
    DuplicateIds,
    Folder,
    Header,
    IdColumn,
    Inputs,
    MaxReject,
    Out,
    SmilesColumn,
    Supplier,
    steps,
)
from hitsieve.cli.options import ConfigFile, DryRun, Executor, Json, Workers
from hitsieve.cli.settings import load_settings

app = typer.Typer(no_args_is_help=True, help="Build, grow, look into and cut libraries.")


@app.command()
def build(
    inputs: Inputs = None,
    out: Out = None,
    supplier: Supplier = None,
    smiles_column: SmilesColumn = None,
    id_column: IdColumn = None,
    header: Header = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Take the first records only.")] = None,
    max_reject: MaxReject = None,
    duplicate_ids: DuplicateIds = None,
    executor: Executor = None,
    workers: Workers = None,
    config: ConfigFile = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Prepare compounds once, to be screened many times.

    Every record is standardized, merged with its duplicates, featurized, and accounted for.
    An interrupted build goes on when the same command is given again.

    Examples
    --------
    hitsieve library build vendor.smi.gz --out libraries/vendor

    hitsieve library build "parts/*.csv" --smiles-column structure --out libraries/parts

    zcat vendor.smi.gz | hitsieve library build - --max-reject 5% --out libraries/vendor
    """
    from hitsieve.engine import open_executor
    from hitsieve.library import LibraryConfig, build_library

    flags = {
        "inputs": inputs,
        "output": out,
        "supplier": supplier,
        "smiles_column": smiles_column,
        "id_column": id_column,
        "header": header,
        "limit": limit,
        "max_reject": max_reject,
        "duplicate_ids": duplicate_ids,
    }
    chosen = configure(LibraryConfig, config, flags)
    if dry_run:
        show_plan(chosen, f"would build {chosen.output}")
        return
    settings = load_settings(executor=executor, workers=workers)
    with (
        resumable("the build"),
        open_executor(settings.executor, settings.workers) as engine,
        steps() as report,
    ):
        summary = build_library(chosen, engine, report)
    if as_json:
        emit_json({"library": str(summary.output), **summary.manifest.counts.model_dump()})
    else:
        emit(summary.table)
    say(f"library: {summary.output}", style="green")


@app.command()
def verify(folder: Folder) -> None:
    """Compare every file of a library with its manifest.

    Examples
    --------
    hitsieve library verify libraries/vendor
    """
    from hitsieve.library import Library

    library = Library.open(folder)
    library.verify()
    say(f"{len(library.shards):,} shards, {len(library):,} compounds: unchanged", style="green")


for _command in (
    library_growth.add,
    library_show.show,
    library_growth.rejects,
    library_growth.diff,
    library_cut.subset,
    library_cut.sample,
    library_enumerate.enumerate,
):
    app.command()(_command)
