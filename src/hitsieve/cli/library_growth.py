"""``hitsieve library add``, ``diff`` and ``rejects``: libraries over time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hitsieve.cli.configs import configure, show_plan
from hitsieve.cli.console import emit, emit_json, emit_pairs, emit_table, say, visible
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

if TYPE_CHECKING:
    from hitsieve.cli.settings import Settings
    from hitsieve.library.config import AddConfig
    from hitsieve.library.growth.add import AddSummary


Grown = Annotated[Path | None, typer.Argument(help="Library that grows.")]
Partial = Annotated[
    bool | None,
    typer.Option("--partial", help="The files are not the whole catalog: withdraw nothing."),
]


def add(
    folder: Grown = None,
    inputs: Inputs = None,
    out: Out = None,
    supplier: Supplier = None,
    partial: Partial = None,
    smiles_column: SmilesColumn = None,
    id_column: IdColumn = None,
    header: Header = None,
    max_reject: MaxReject = None,
    duplicate_ids: DuplicateIds = None,
    executor: Executor = None,
    workers: Workers = None,
    config: ConfigFile = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Grow a library by a new release, or by repaired rejects, into a new folder.

    Only new structures are featurized; known ones gain a source identifier. With a supplier
    named, what its earlier files listed and these do not is marked as withdrawn.

    Examples
    --------
    hitsieve library add libraries/may acme-june.smi.gz --supplier acme --out libraries/june

    hitsieve library add libraries/june repaired.csv --out libraries/june-repaired
    """
    from hitsieve.library.config import AddConfig

    flags: dict[str, Any] = {"library": folder, "inputs": inputs, "output": out}
    flags |= {"supplier": supplier, "partial": partial, "max_reject": max_reject}
    flags |= {"smiles_column": smiles_column, "id_column": id_column, "header": header}
    chosen = configure(AddConfig, config, flags | {"duplicate_ids": duplicate_ids})
    if dry_run:
        show_plan(chosen, f"would grow {chosen.library} into {chosen.output}")
        return
    _tell(_add(chosen, load_settings(executor=executor, workers=workers)), as_json=as_json)


def _add(chosen: AddConfig, settings: Settings) -> AddSummary:
    from hitsieve.engine import open_executor
    from hitsieve.library.growth import add_release

    with (
        resumable("the addition"),
        open_executor(settings.executor, settings.workers) as engine,
        steps() as report,
    ):
        return add_release(chosen, engine, report)


def _tell(summary: AddSummary, *, as_json: bool) -> None:
    origin = summary.manifest.origin
    changes = origin.changes if origin is not None else {}
    if as_json:
        counts = summary.manifest.counts.model_dump()
        emit_json({"library": str(summary.output), **counts, "changes": changes})
    else:
        if summary.table:
            emit(summary.table)
        emit_table(("change", "number"), list(changes.items()), title="what the release changed")
    say(f"library: {summary.output}", style="green")


def diff(
    old: Annotated[Path, typer.Argument(help="Folder of one library.")],
    new: Annotated[Path, typer.Argument(help="Folder of the other.")],
    compounds: Annotated[
        bool, typer.Option("--compounds", help="List every compound that differs.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Tell what differs between two libraries: compounds, identifiers, withdrawals.

    Examples
    --------
    hitsieve library diff libraries/may libraries/june

    hitsieve library diff libraries/may libraries/june --compounds > changes.tsv
    """
    from hitsieve.library import Library
    from hitsieve.library.growth.diff import diff_libraries, summarize

    before, after = Library.open(old), Library.open(new)
    if compounds:
        names = ("change", "compound_id", "smiles", "source_ids")
        found = diff_libraries(before, after)
        if as_json:
            emit_json([{name: getattr(change, name) for name in names} for change in found])
            return
        emit("\t".join(names))
        for change in found:
            row = (change.change, change.compound_id, change.smiles, " ".join(change.source_ids))
            emit("\t".join(visible(cell) for cell in row))
        return
    summary = summarize(before, after)
    if as_json:
        emit_json(summary)
    else:
        sizes = summary.pop("compounds")
        emit_pairs({"compounds": f"{sizes['old']:,} -> {sizes['new']:,}", **summary})
    if not summary["same_chemistry"]:
        say("the libraries were standardized or featurized differently", style="yellow")


def rejects(
    folder: Folder,
    out: Annotated[Path | None, typer.Option("--out", help="CSV file to be repaired.")] = None,
    as_json: Json = False,
) -> None:
    """Write the refused records with file, line and reason, to be corrected and added again.

    Correct the column smiles of the CSV, remove what cannot be repaired, and give it to
    ``hitsieve library add``: repaired records take the place of the refused ones.

    Examples
    --------
    hitsieve library rejects libraries/vendor --out rejects.csv
    """
    from hitsieve.library import Library
    from hitsieve.library.rejects import write_repair_list

    library = Library.open(folder)
    counts = library.manifest.counts
    if out is not None:
        written = write_repair_list(library.iter_rejects, out)
        say(f"{written:,} refused records in {out}", style="green")
    codes = [
        (outcome.partition("/")[2], number)
        for outcome, number in sorted(counts.by_outcome.items(), key=lambda item: -item[1])
        if outcome.startswith(("rejected/", "failed/"))
    ]
    if as_json:
        refused = counts.rejected + counts.failed
        emit_json({"refused": refused, "by_code": dict(codes), "file": str(out or "")})
    else:
        emit_table(("code", "records"), codes, title="refused records")
