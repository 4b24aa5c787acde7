"""``hitsieve library``: build, look into, enumerate and verify compound libraries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hitsieve.cli.configs import configure, show_plan
from hitsieve.cli.console import emit, emit_json, emit_pairs, emit_table, progress, say
from hitsieve.cli.failures import resumable
from hitsieve.cli.options import ConfigFile, DryRun, Executor, Json, Workers
from hitsieve.cli.settings import load_settings

if TYPE_CHECKING:
    from hitsieve.library.manifest import Manifest

app = typer.Typer(no_args_is_help=True, help="Build, look into, enumerate and verify libraries.")
Folder = Annotated[Path, typer.Argument(help="Folder of the library.")]


@app.command()
def build(
    inputs: Annotated[
        list[str] | None,
        typer.Argument(help="Files or patterns: .smi .csv .tsv .sdf .parquet, also compressed."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of the library.")] = None,
    smiles_column: Annotated[
        str | None, typer.Option(help="Structure column, by name or number from 1.")
    ] = None,
    id_column: Annotated[str | None, typer.Option(help="Column of identifiers.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Take the first records only.")] = None,
    max_reject: Annotated[
        str | None, typer.Option(help='Stop if a larger share is refused: 0.05 or "5%".')
    ] = None,
    duplicate_ids: Annotated[
        str | None, typer.Option(metavar="refuse|suffix", help="One identifier, two structures.")
    ] = None,
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
    """
    from hitsieve.engine import open_executor
    from hitsieve.library import LibraryConfig, build_library
    from hitsieve.library import Progress as Step

    flags = {
        "inputs": inputs,
        "output": out,
        "smiles_column": smiles_column,
        "id_column": id_column,
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
        progress("building") as report,
    ):

        def step(state: Step) -> None:
            report(state.done, state.total, state.stage)

        summary = build_library(chosen, engine, step)
    if as_json:
        emit_json({"library": str(summary.output), **summary.manifest.counts.model_dump()})
    else:
        emit(summary.table)
    say(f"library: {summary.output}", style="green")


@app.command()
def show(
    folder: Folder,
    rejects: Annotated[bool, typer.Option("--rejects", help="List refused records.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Refused records to list.")] = 50,
    as_json: Json = False,
) -> None:
    """Show what a library holds, and how every record of its inputs ended.

    Examples
    --------
    hitsieve library show libraries/vendor

    hitsieve library show libraries/vendor --rejects --limit 1000 > rejects.tsv
    """
    from hitsieve.library import Library

    library = Library.open(folder)
    if rejects:
        columns = ["source_file", "record", "source_id", "code", "message", "text"]
        table = library.rejects().select(columns)
        rows = table.slice(0, limit).to_pylist()
        if as_json:
            emit_json(rows)
        else:
            emit_table(columns, [tuple(row.values()) for row in rows], title="refused records")
        if table.num_rows > limit:
            say(f"{limit:,} of {table.num_rows:,} refused records shown; --limit lists more")
        return
    manifest = library.manifest
    if as_json:
        emit_json({"folder": str(folder), **manifest.model_dump(mode="json", exclude={"plan"})})
        return
    emit_pairs(_facts(manifest), title=str(folder))
    outcomes = sorted(manifest.counts.by_outcome.items(), key=lambda item: -item[1])
    emit_table(("outcome", "records"), outcomes, title="how records ended")


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


@app.command()
def enumerate(  # noqa: A001 - the verb of the command
    out: Annotated[
        Path | None, typer.Argument(help="File of products: .smi .csv .parquet, also .gz.")
    ] = None,
    reaction: Annotated[
        list[str] | None, typer.Option(help="Shipped reaction or YAML file; may be repeated.")
    ] = None,
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
    """
    from hitsieve.library.enumerate import EnumerationConfig, plan_enumeration, write_products

    chosen = configure(EnumerationConfig, config, {"reactions": reaction})
    plans = plan_enumeration(chosen)
    counts = {plan.reaction.name: plan.count() for plan in plans}
    refused = sum(len(plan.refused) for plan in plans)
    if out is not None and not dry_run:
        with progress("enumerating") as report:
            done = 0

            def step(more: int) -> None:
                nonlocal done
                done += more
                report(done, sum(counts.values()))

            summary = write_products(plans, out, progress=step)
        counts = summary.products
        say(f"{summary.total:,} products in {out}; {summary.failed:,} choices gave none")
    if as_json:
        emit_json({"products": counts, "refused_reagents": refused, "file": str(out or "")})
    else:
        emit_table(("reaction", "products"), sorted(counts.items()))
    if refused:
        say(f"{refused:,} reagents do not fit their role and take no part", style="yellow")


def _facts(manifest: Manifest) -> dict[str, object]:
    counts = manifest.counts
    return {
        "records": f"{counts.records:,}",
        "compounds": f"{counts.compounds:,}",
        "duplicates merged": f"{counts.duplicates:,}",
        "rejected": f"{counts.rejected:,}",
        "failed": f"{counts.failed:,}",
        "shards": f"{len(manifest.shards):,}",
        "inputs": ", ".join(entry.name for entry in manifest.inputs),
        "standardizer": manifest.standardizer,
        "featurizer": manifest.featurizer,
    }
