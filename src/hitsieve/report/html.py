"""The report as one HTML file: no script, no foreign asset, readable offline and on paper."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from hitsieve.report.figures import score_distribution
from hitsieve.report.rows import HitRow, decimals, hit_rows
from hitsieve.store.files import write_atomic

if TYPE_CHECKING:
    from hitsieve.registry.card import CalibrationCheck, Metric
    from hitsieve.report.content import Report, TargetSection

TEMPLATES = Path(__file__).parent / "templates"
VERDICTS = {
    "network": "the model is better",
    "baseline": "the random forest is better",
    "undecided": "no clear difference",
}


@dataclass(frozen=True, slots=True)
class SectionView:
    """What the template shows of one target."""

    anchor: str
    section: TargetSection
    figure: Markup
    rows: list[HitRow]
    metrics: list[Metric]
    calibration: list[CalibrationCheck]
    facts: list[tuple[str, str]]
    warnings: list[str]


def render(report: Report, *, home: str = "") -> str:
    """Return a report as a complete HTML page.

    Parameters
    ----------
    report
        What it says.
    home
        Link back to a list of screens; empty in a file that stands alone.
    """
    views = [_view(number, section) for number, section in enumerate(report.sections, 1)]
    template = environment().get_template("report.html.j2")
    return template.render(report=report, views=views, home=home, verdicts=VERDICTS)


def write_report(report: Report, path: Path) -> None:
    """Write a report as one file, all of it or nothing.

    Raises
    ------
    StorageError
        If the file cannot be written.
    """
    write_atomic(path, render(report).encode())


@cache
def environment(folder: Path = TEMPLATES) -> Environment:
    """Return the template environment: everything is escaped, a missing name is an error."""
    made = Environment(
        loader=FileSystemLoader([folder, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["percent"] = _percent
    made.filters["thousands"] = _thousands
    return made


def _view(number: int, section: TargetSection) -> SectionView:
    anchor = f"target-{number}"
    return SectionView(
        anchor=anchor,
        section=section,
        figure=Markup(score_distribution(section, prefix=f"{anchor}-")),  # noqa: S704 - matplotlib escapes its text
        rows=hit_rows(section),
        metrics=[m for m in section.card.metrics if m.target == section.target],
        calibration=[c for c in section.card.calibration if c.target == section.target],
        facts=_facts(section),
        warnings=_warnings(section),
    )


def _warnings(section: TargetSection) -> list[str]:
    """Return the card's warnings for this target; a card begins them with the target's name."""
    others = {size.target for size in section.card.targets} - {section.target}
    return [
        text.removeprefix(f"{section.target}: ")
        for text in section.card.warnings
        if not any(text.startswith(f"{name}: ") for name in others)
    ]


def _facts(section: TargetSection) -> list[tuple[str, str]]:
    hits, spread = section.hits, section.distribution
    records: list[dict[str, Any]] = hits.select(
        ["score", "in_domain", "novel", "cluster", "alerts"]
    ).to_pylist()
    return [
        ("compounds scored", _thousands(spread.scored)),
        ("hits listed", _thousands(len(records))),
        ("best score", f"{records[0]['score']:.{decimals(section)}f}" if records else "none"),
        ("clusters", _thousands(len({r["cluster"] for r in records}))),
        ("in the domain", _percent(_share(records, "in_domain"))),
        ("novel", _percent(_share(records, "novel"))),
        ("without alerts", _percent(sum(not r["alerts"] for r in records) / max(len(records), 1))),
    ]


def _share(records: list[dict[str, Any]], name: str) -> float:
    return sum(bool(record[name]) for record in records) / max(len(records), 1)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _thousands(number: int) -> str:
    return f"{number:,}"
