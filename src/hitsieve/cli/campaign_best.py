"""``hitsieve campaign best``: the best that was measured, on the screen or as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from hitsieve.cli.console import emit, emit_json, emit_table
from hitsieve.cli.options import Json
from hitsieve.errors import UsageError

_LEFT_OUT: Final = ("target", "endpoint", "unit", "std", "price", "reagent_smiles")


def best(
    folder: Annotated[Path, typer.Argument(help="Folder of the campaign.")],
    top: Annotated[int, typer.Option(min=1, help="Compounds, best first.")] = 20,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="File to write instead: .csv, .sdf or .parquet."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the best compounds a campaign has measured, or write them to a file.

    Of a campaign over reagents, what makes each product is named.

    Examples
    --------
    hitsieve campaign best campaigns/docking --top 50

    hitsieve campaign best campaigns/ureas --top 500 --out ureas.sdf
    """
    from hitsieve.campaign.job import load_job, open_campaign
    from hitsieve.engine import SerialExecutor
    from hitsieve.report.campaign_export import best_table, export_best

    if out is not None and as_json:
        raise UsageError("give either --out or --json")
    with SerialExecutor() as executor:
        campaign = open_campaign(load_job(folder), executor)
        table = best_table(campaign, campaign.rounds(), top)
    if out is not None:
        export_best(table, out)
        emit(str(out))
        return
    rows = table.to_pylist()
    if as_json:
        emit_json(rows)
        return
    names = [name for name in table.column_names if name not in _LEFT_OUT]
    emit_table(names, [[_cell(row[name]) for name in names] for row in rows])


def _cell(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list):
        return "; ".join(map(str, value))
    return "" if value is None else value
