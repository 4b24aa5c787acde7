"""``hitsieve library show``: what a library holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hitsieve.cli.console import emit_json, emit_pairs, emit_table, say
from hitsieve.cli.library_options import Folder, facts
from hitsieve.cli.options import Json

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.library import Library

_BARS = " ▁▂▃▄▅▆▇█"


def show(
    folder: Folder,
    rejects: Annotated[bool, typer.Option("--rejects", help="List refused records.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Refused records to list.")] = 50,
    brief: Annotated[
        bool, typer.Option("--brief", help="Counts only, without reading any shard.")
    ] = False,
    top: Annotated[int, typer.Option(min=0, help="Scaffolds to list.")] = 10,
    vocabulary: Annotated[
        str, typer.Option(help="Features of models that compounds are held against.")
    ] = "chemprop_v2",
    as_json: Json = False,
) -> None:
    """Show what a library holds, and how every record of its inputs ended.

    Counts by outcome, histograms of properties, elements, the share of compounds that a
    model's features can describe, and the most frequent scaffolds of a sample.

    Examples
    --------
    hitsieve library show libraries/vendor

    hitsieve library show libraries/vendor --rejects --limit 1000 > rejects.tsv
    """
    from hitsieve.library import Library

    library = Library.open(folder)
    if rejects:
        _list_rejects(library, limit, as_json=as_json)
        return
    profile: dict[str, Any] = {}
    if not brief:
        from hitsieve.library.show import describe

        profile = describe(library, top=top, vocabulary=vocabulary)
    if as_json:
        manifest = library.manifest.model_dump(mode="json", exclude={"plan"})
        known = {name: profile[name] for name in profile if name not in {"shards", "withdrawn"}}
        marks = {"withdrawn": profile["withdrawn"]} if profile else {}
        emit_json({"folder": str(folder), **manifest, **known, **marks})
        return
    _print(folder, library, profile)


def _list_rejects(library: Library, limit: int, *, as_json: bool) -> None:
    columns = ["source_file", "record", "source_id", "code", "message", "text"]
    table = library.rejects().select(columns)
    rows = table.slice(0, limit).to_pylist()
    if as_json:
        emit_json(rows)
    else:
        emit_table(columns, [tuple(row.values()) for row in rows], title="refused records")
    if table.num_rows > limit:
        say(f"{limit:,} of {table.num_rows:,} refused records shown; --limit lists more")


def _print(folder: Path, library: Library, profile: dict[str, Any]) -> None:
    outcomes = sorted(library.manifest.counts.by_outcome.items(), key=lambda item: -item[1])
    if not profile:
        emit_pairs(facts(library.manifest), title=str(folder))
        emit_table(("outcome", "records"), outcomes, title="how records ended")
        return
    coverage, marks = profile["coverage"], profile["withdrawn"]
    unknown = ", ".join(f"{name} ({number:,})" for name, number in coverage["unknown"].items())
    outside = f"{coverage['compounds_outside']:,}" + (f": {unknown}" if unknown else "")
    more = {
        f"outside {coverage['vocabulary']}": outside,
        "withdrawn": f"{marks['compounds']:,} compounds, {marks['identifiers']:,} identifiers",
    }
    emit_pairs({**facts(library.manifest), **more}, title=str(folder))
    emit_table(("outcome", "records"), outcomes, title="how records ended")
    rows = [_property_row(name, found) for name, found in profile["properties"].items()]
    emit_table(("property", "mean", "std", "min", "max", "from", "histogram", "to"), rows)
    emit_table(("element", "compounds"), list(profile["elements"].items()))
    sample = profile["scaffolds"]
    emit_table(
        ("scaffold", "compounds"),
        [(row["scaffold"] or "(no ring)", row["compounds"]) for row in sample["top"]],
        title=f"scaffolds among {sample['sample']:,} compounds",
    )


def _property_row(name: str, found: dict[str, Any]) -> tuple[object, ...]:
    numbers = [found[key] for key in ("mean", "std", "minimum", "maximum")]
    texts = ["" if value is None else f"{value:.4g}" for value in numbers]
    edges = found["edges"]
    return (name, *texts, f"{edges[0]:g}", bars(found["counts"]), f"{edges[-1]:g}")


def bars(counts: list[int]) -> str:
    """Draw a histogram on one line: the tallest bar is full, an empty one blank.

    Examples
    --------
    >>> bars([0, 1, 4, 8])
    ' ▁▄█'
    """
    tallest = max(counts, default=0)
    if not tallest:
        return " " * len(counts)
    steps = len(_BARS) - 1
    return "".join(_BARS[-(-count * steps // tallest)] for count in counts)
