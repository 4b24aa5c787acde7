"""Options that the commands on libraries share, and what they print together."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hitsieve.cli.console import stderr

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hitsieve.library import Progress
    from hitsieve.library.manifest import Manifest
    from hitsieve.library.progress import OnProgress

Folder = Annotated[Path, typer.Argument(help="Folder of the library.")]
Inputs = Annotated[
    list[str] | None,
    typer.Argument(
        help="Files or patterns: .smi .txt .csv .tsv .sdf .parquet, also compressed; - is stdin."
    ),
]
Out = Annotated[Path | None, typer.Option("--out", help="Folder of the new library.")]
SmilesColumn = Annotated[
    str | None,
    typer.Option(help="Structure column, by name, or by number from 1 with --no-header."),
]
IdColumn = Annotated[str | None, typer.Option(help="Column of identifiers.")]
Header = Annotated[
    bool | None,
    typer.Option("--header/--no-header", help="Whether the first line names the columns."),
]
MaxReject = Annotated[
    str | None, typer.Option(help='Stop if a larger share is refused: 0.05 or "5%".')
]
DuplicateIds = Annotated[
    str | None, typer.Option(metavar="refuse|suffix", help="One identifier, two structures.")
]
Supplier = Annotated[
    str | None, typer.Option(help="Whose catalog the files are; tells what was withdrawn later.")
]


_UNITS = {"select": "shards", "write": "shards", "enumerate": "products"}


@contextmanager
def steps() -> Iterator[OnProgress]:
    """Show how far the work is: rate, refused records, time left; only on a terminal."""
    console = stderr()
    if not console.is_terminal:
        yield _silent
        return
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[told]}"),
    )
    with Bars(*columns, console=console) as bars:
        known: dict[str, object] = {}

        def report(state: Progress) -> None:
            if state.stage not in known:
                known[state.stage] = bars.add_task(state.stage, told="")
            bars.update(
                known[state.stage],  # type: ignore[arg-type]
                completed=state.done,
                total=state.total,
                told=told(state),
            )

        yield report


def told(state: Progress) -> str:
    """Return a progress message in words.

    Examples
    --------
    >>> from hitsieve.library import Progress
    >>> told(Progress("standardize", 4000, 10000, 12, seconds=2.0, fresh=4000))
    '4,000/10,000 · 2,000 records/s · 12 refused · 0:03 left'
    """
    unit = _UNITS.get(state.stage, "records")
    parts = [f"{state.done:,}/{state.total:,}", f"{state.rate:,.0f} {unit}/s"]
    if unit == "records":
        parts.append(f"{state.refused:,} refused")
    if state.seconds_left is not None:
        minutes, seconds = divmod(round(state.seconds_left), 60)
        hours, minutes = divmod(minutes, 60)
        clock = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
        parts.append(f"{clock} left")
    return " · ".join(parts)


def facts(manifest: Manifest) -> dict[str, object]:
    """Return what a manifest says of a library, by name."""
    counts = manifest.counts
    found: dict[str, object] = {
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
    suppliers = dict.fromkeys(entry.supplier for entry in manifest.releases if entry.supplier)
    if suppliers:
        found["suppliers"] = ", ".join(suppliers)
    if manifest.origin is not None:
        changes = manifest.origin.changes.items()
        done = ", ".join(f"{number:,} {word.replace('_', ' ')}" for word, number in changes)
        found["made by"] = f"{manifest.origin.kind}: {done}"
    return found


def _silent(state: Progress) -> None:
    del state
