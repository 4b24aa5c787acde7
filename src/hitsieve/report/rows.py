"""A hit as a row of the page: numbers made text, pictures drawn, flags put into words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from hitsieve.chem.depict import svg
from hitsieve.report.figures import interval_bar

if TYPE_CHECKING:
    from hitsieve.report.content import TargetSection

SHOWN_SOURCES = 3


@dataclass(frozen=True, slots=True)
class HitRow:
    """One hit, ready for the template: text is escaped there, pictures are SVG made here."""

    rank: int
    compound_id: str
    smiles: str
    sources: str
    picture: Markup
    score: str
    interval: str
    interval_bar: Markup
    in_domain: bool
    domain_reason: str
    available: bool
    alerts: list[str]
    novel: bool
    cluster: int
    first_of_cluster: bool
    nearest_picture: Markup
    nearest_id: str
    nearest_value: str
    nearest_similarity: str
    properties: list[tuple[str, str]]
    scaffold: str


def hit_rows(section: TargetSection) -> list[HitRow]:
    """Return the rows of one target, best first."""
    records = section.hits.to_pylist()
    if not records:
        return []
    low, high = _range(records)
    seen: set[int] = set()
    digits = decimals(section)
    rows = []
    for record in records:
        rows.append(_row(record, low, high, digits=digits, first=record["cluster"] not in seen))
        seen.add(record["cluster"])
    return rows


def _range(records: list[dict[str, Any]]) -> tuple[float, float]:
    """Return the scale of the bars: of all intervals, or of the scores where there are none."""
    bounds = [r[name] for r in records for name in ("lower", "upper") if r[name] is not None]
    values = bounds or [r["score"] for r in records]
    return min(values), max(values)


def decimals(section: TargetSection) -> int:
    """Return how many decimals the intervals of a target justify: two digits of their width.

    At least 2, as pIC50 is written; more where the endpoint's values are small.
    """
    ends = section.hits.select(["lower", "upper"]).drop_null()
    upper, lower = ends.column("upper").to_numpy(), ends.column("lower").to_numpy()
    width = float(np.median(upper - lower)) if len(upper) else 0.0
    return max(2, min(6, 1 + math.ceil(-math.log10(width)))) if width > 0 else 2


def _row(record: dict[str, Any], low: float, high: float, *, digits: int, first: bool) -> HitRow:
    score = record["score"]
    interval, bar = _interval(record, low, high, digits)
    return HitRow(
        rank=record["rank"],
        compound_id=record["compound_id"],
        smiles=record["smiles"],
        sources=_sources(record["source_ids"]),
        picture=_picture(record["smiles"], 230, 160),
        score=f"{score:.{digits}f}",
        interval=interval,
        interval_bar=bar,
        in_domain=record["in_domain"],
        domain_reason=record["domain_reason"],
        available=record["available"],
        alerts=[name.replace("_", " ") for name in record["alerts"]],
        novel=record["novel"],
        cluster=record["cluster"],
        first_of_cluster=first,
        nearest_picture=_picture(record["nearest_smiles"], 150, 105),
        nearest_id=record["nearest_id"],
        nearest_value=_optional(record["nearest_value"], digits),
        nearest_similarity=f"{record['nearest_similarity']:.2f}",
        properties=_properties(record),
        scaffold=record["scaffold"],
    )


def _interval(record: dict[str, Any], low: float, high: float, digits: int) -> tuple[str, Markup]:
    lower, upper = record["lower"], record["upper"]
    if lower is None or upper is None:
        return "no calibrated interval", Markup()
    bar = interval_bar(lower, record["score"], upper, low, high)
    return f"{lower:.{digits}f} to {upper:.{digits}f}", Markup(bar)  # noqa: S704 - numbers only


def _picture(smiles: str, width: int, height: int) -> Markup:
    # chem.depict escapes what it writes; nothing else enters the picture.
    return Markup(svg(smiles, width=width, height=height)) if smiles else Markup()  # noqa: S704


def _optional(value: float | None, digits: int) -> str:
    return "not measured" if value is None else f"{value:.{digits}f}"


def _sources(names: list[str]) -> str:
    shown = ", ".join(names[:SHOWN_SOURCES])
    further = len(names) - SHOWN_SOURCES
    return f"{shown} and {further} more" if further > 0 else shown


def _properties(record: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        ("MW", f"{record['mw']:.0f}"),
        ("cLogP", f"{record['clogp']:.1f}"),
        ("TPSA", f"{record['tpsa']:.0f} Å²"),
        ("HBD / HBA", f"{record['hbd']} / {record['hba']}"),
        ("rot. bonds", str(record["rotatable_bonds"])),
        ("rings", str(record["rings"])),
        ("Fsp3", f"{record['fsp3']:.2f}"),
        ("charge", f"{record['charge']:+d}" if record["charge"] else "0"),
    ]
