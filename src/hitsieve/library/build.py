"""State shared by the steps of one build."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from hitsieve.library.inputs import records_of
from hitsieve.library.progress import OnProgress, Progress
from hitsieve.store.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hitsieve.engine import Executor
    from hitsieve.library.config import LibraryConfig
    from hitsieve.library.inputs import CheckedInput
    from hitsieve.library.progress import Stage
    from hitsieve.library.readers import SourceRecord


@dataclass(slots=True)
class Build:
    """One run of a build.

    Parameters
    ----------
    config, inputs
        What to build from what.
    fingerprint
        Of the plan.
    executor
        Where the work runs.
    on_progress
        Called after each finished piece.
    """

    config: LibraryConfig
    inputs: list[CheckedInput]
    fingerprint: str
    executor: Executor
    on_progress: OnProgress | None = None
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """Folder of the library; absolute, because workers may stand elsewhere."""
        return self.config.output.absolute()

    @property
    def ledger(self) -> Ledger:
        """Its commit records."""
        return Ledger(self.root)

    def chunks(self) -> Iterator[tuple[int, tuple[SourceRecord, ...]]]:
        """Read the inputs in chunks of consecutive records, numbered from 0."""
        records = islice(records_of(self.inputs, self.config), self.config.limit)
        index = 0
        while chunk := tuple(islice(records, self.config.chunk_records)):
            yield index, chunk
            index += 1

    def expected(self) -> int:
        """Estimate how many records there are."""
        total = sum(source.records for source in self.inputs)
        return min(total, self.config.limit or total)


@dataclass(slots=True)
class Meter:
    """Turns finished pieces of one stage into progress messages."""

    stage: Stage
    total: int
    report: OnProgress | None
    done: int = 0
    refused: int = 0
    fresh: int = 0
    started: float = field(default_factory=time.monotonic)

    def add(self, records: int, refused: int, *, fresh: bool = True) -> None:
        """Count a finished piece and report."""
        self.done += records
        self.refused += refused
        self.fresh += records if fresh else 0
        if self.report is not None:
            self.report(
                Progress(
                    self.stage,
                    self.done,
                    max(self.total, self.done),
                    self.refused,
                    time.monotonic() - self.started,
                    self.fresh,
                )
            )

    @property
    def seconds(self) -> float:
        """Since the stage started."""
        return time.monotonic() - self.started
