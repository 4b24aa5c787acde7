"""``hitsieve data check``: what curation makes of a data set, without training on it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hitsieve.cli.console import emit_json, emit_pairs, emit_table, say
from hitsieve.cli.options import Data, Json
from hitsieve.cli.settings import load_settings

if TYPE_CHECKING:
    from hitsieve.assays.report import CurationReport


def check(
    name: Annotated[str, typer.Argument(help="Name of a data set, or a card's YAML file.")],
    path: Annotated[
        Path | None, typer.Option(help="File or folder of the measurements, if not the card's.")
    ] = None,
    replicates: Annotated[
        Literal["median", "mean"], typer.Option(help="How exact replicates are merged.")
    ] = "median",
    limit: Annotated[int, typer.Option(min=0, help="Rows of each list; --json has all.")] = 20,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Show what becomes of every record and value of a data set, without training on it.

    Counts add up: each measured cell is lost with its structure, refused with a reason, dropped
    in a contradiction, merged into another, or a label. Ends with exit code 3 where no model can
    be trained on the set.

    Examples
    --------
    hitsieve data check my_card.yaml

    hitsieve data check esol --replicates mean --json
    """
    from hitsieve.assays.cards import load_card
    from hitsieve.assays.curate import examine
    from hitsieve.assays.doubts import doubts
    from hitsieve.assays.fetch import locate
    from hitsieve.assays.read import read_assay
    from hitsieve.assays.targets import Demands
    from hitsieve.chem.standardize import Standardizer

    settings = load_settings(data=data)
    card = load_card(name)
    raw = read_assay(path or locate(card, settings.data, settings.data_mirror), card)
    found = examine(raw, Standardizer(), Demands(rule=replicates))
    report, told, error = found.report, doubts(found.report), found.why_unfit()
    if as_json:
        refused = None if error is None else {"message": error.message, "cure": error.cure}
        emit_json({"error": refused, "doubts": told, "labels": report.labels, **report.to_dict()})
    else:
        _show(report, limit)
    say(report.summary())
    for doubt in told:
        say(f"warning: {doubt}", style="yellow")
    if error is not None:
        raise error


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(check)


def _show(report: CurationReport, limit: int) -> None:
    emit_pairs(
        {
            "data set": report.dataset,
            "license": report.license,
            "records": report.records,
            "compounds with a label": report.compounds,
            "labels": report.labels,
            "replicates merged by": report.rule,
        },
        title=report.dataset,
    )
    emit_table(("structures", "records"), list(report.structures.items()), title="records")
    _show_targets(report)
    lists: dict[str, tuple[tuple[str, ...], list[tuple[object, ...]]]] = {
        "refused": (("target", "reason", "values", "such as", "at"), _refused(report)),
        "conflicts": (
            ("target", "compound", "measured", "outcome"),
            [(c.target, c.compound_id, " ".join(c.values), c.outcome) for c in report.conflicts],
        ),
        "outliers": (
            ("target", "value", "robust deviations", "compound", "at"),
            [
                (o.target, o.value, o.deviations, o.compound_id, o.record)
                for o in report.outliers
            ],
        ),
        "in several given parts": (
            ("compound",),
            [(compound,) for compound in report.part_conflicts],
        ),
    }  # fmt: skip
    for title, (columns, rows) in lists.items():
        if rows:
            emit_table(columns, rows[:limit], title=title)
            if len(rows) > limit:
                say(f"{title}: {len(rows) - limit} more rows; --json has all")


def _show_targets(report: CurationReport) -> None:
    cells = ("measured", "lost with structure", "refused", "dropped", "merged", "labels")
    worth = ("bounds", "of class 1", "lowest", "median", "highest", "left out")
    rows: list[tuple[Any, ...]] = [
        (
            t.target,
            t.cells,
            t.lost_with_structure,
            sum(t.refused.values()),
            t.dropped,
            t.merged,
            t.labels,
            t.censored,
            t.actives if t.task == "classification" else "",
            *("" if x is None else f"{x:.4g}" for x in (t.minimum, t.median, t.maximum)),
            t.left_out,
        )
        for t in report.targets
    ]
    emit_table(("target", *cells, *worth), rows, title="values")


def _refused(report: CurationReport) -> list[tuple[object, ...]]:
    counts = Counter((item.target, item.code) for item in report.refused_values)
    first = {(item.target, item.code): item for item in reversed(report.refused_values)}
    return [(*key, count, first[key].text, first[key].record) for key, count in counts.items()]
