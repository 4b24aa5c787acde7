"""What a screen came to, as files: hit lists for programs and a report for people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import pyarrow as pa
from pydantic import Field

from hitsieve.config import StrictConfig
from hitsieve.hits import blocked_of, collect_all, export, told_of
from hitsieve.report.assemble import screen_report
from hitsieve.report.html import write_report
from hitsieve.store.place import Place

Format = Literal["csv", "sdf", "parquet", "html"]
_ALL: Final[tuple[Format, ...]] = ("csv", "sdf", "parquet", "html")


class AnalysisConfig(StrictConfig):
    """The analysis of one screen.

    Parameters
    ----------
    screen
        Folder of the screen; it may still be running.
    output
        Folder the files are written to.
    top
        Hits for each target.
    in_domain
        Whether to leave out compounds outside the model's domain.
    targets
        Which targets; all by default.
    model
        ``name@version``, where several models scored a target; all by default.
    library, registry
        Where library and models are now, if they were moved since.
    formats
        Files to write: ``hits.csv``, ``hits.sdf``, ``hits.parquet`` and ``report.html``.
    title
        Heading of the report; the screen's name by default.
    """

    screen: Place
    output: Path
    top: int = Field(default=1000, ge=1, le=100_000)
    in_domain: bool = False
    targets: list[str] = Field(default_factory=list)
    model: str | None = None
    library: Path | None = None
    registry: Path | None = None
    formats: list[Format] = Field(default_factory=lambda: list(_ALL), min_length=1)
    title: str = ""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was written: folder, files, hits and targets.

    ``blocked`` tells in words which models the scores rest on that were quarantined since, by whom,
    when and why; it is empty where none was.
    """

    folder: Path
    files: tuple[Path, ...]
    hits: int
    targets: int
    blocked: str = ""


def analyze(config: AnalysisConfig) -> Analysis:
    """Collect the hits of a screen and write them; the same screen makes the same bytes.

    A quarantine laid since is told in each row and before all else in the report, so it changes
    them.

    Raises
    ------
    NotFoundError
        If screen, target, model or library are not there.
    HitsieveError
        Whatever else library or models are refused for.
    """
    lists = collect_all(
        config.screen,
        config.targets,
        k=config.top,
        in_domain=config.in_domain,
        model=config.model,
        library=config.library,
        registry=config.registry,
    )
    table = pa.concat_tables([found.hits for found in lists])
    files = []
    for kind in dict.fromkeys(config.formats):
        if kind == "html":
            path = config.output / "report.html"
            write_report(screen_report(config.screen, lists, title=config.title), path)
        else:
            path = config.output / f"hits.{kind}"
            export(table, path)
        files.append(path)
    targets = len({found.target.name for found in lists})
    blocked = told_of(blocked_of(lists))
    return Analysis(config.output, tuple(files), table.num_rows, targets, blocked)
