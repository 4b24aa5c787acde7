"""What a run of a screen tells: while it goes on, and at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: units and compounds done of all, units given up, seconds so far."""

    done: int
    total: int
    compounds_done: int
    compounds_total: int
    failed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ScreenSummary:
    """How a run ended.

    Parameters
    ----------
    folder
        The screen.
    units
        Shards of the library.
    scored
        Shards this run scored, wholly or in part.
    found
        Shards that were finished already, or that another run finished meanwhile.
    reused
        Shards taken, wholly or in part, from screens in the same parent folder; those taken
        wholly count as found.
    failed
        Shards given up, with their errors.
    compounds
        Compounds in the shards this run scored.
    files
        Files this run committed.
    seconds
        How long it took.
    """

    folder: Path
    units: int
    scored: int
    found: int
    failed: dict[str, str]
    compounds: int
    files: int
    seconds: float
    reused: int = 0

    @property
    def complete(self) -> bool:
        """Whether every shard of the screen is finished."""
        return self.scored + self.found == self.units

    @property
    def compounds_per_second(self) -> float:
        """Compounds scored each second, by all models; 0 if nothing was left to do."""
        return self.compounds / self.seconds if self.compounds and self.seconds > 0 else 0.0
