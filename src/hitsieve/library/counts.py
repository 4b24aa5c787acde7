"""Counting what became of records, in pieces that add up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hitsieve.errors import RejectRateError
from hitsieve.schema import Status

if TYPE_CHECKING:
    from collections.abc import Iterable

_KEPT = {Status.OK.value, Status.STANDARDIZED.value}


@dataclass(slots=True)
class Counts:
    """Records by outcome; ``outcomes`` maps ``(status, code)`` to a number of records."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Counts:
        """Count outcomes."""
        return cls(Counter(pairs))

    @classmethod
    def from_json(cls, value: dict[str, int]) -> Counts:
        """Undo :meth:`to_json`."""
        pairs = ((tuple(key.split("/")), number) for key, number in value.items())
        return cls(Counter({(status, code): number for (status, code), number in pairs}))

    def to_json(self) -> dict[str, int]:
        """Return plain values: ``status/code`` to number, sorted."""
        return {f"{s}/{c}": number for (s, c), number in sorted(self.outcomes.items()) if number}

    def merge(self, other: Counts) -> None:
        """Add the counts of another piece."""
        self.outcomes.update(other.outcomes)

    def only_refused(self) -> Counts:
        """Return a copy without the kept records."""
        return Counts(Counter({k: n for k, n in self.outcomes.items() if k[0] not in _KEPT}))

    @property
    def records(self) -> int:
        """All records."""
        return self.outcomes.total()

    @property
    def kept(self) -> int:
        """Records that are in the library."""
        return sum(n for (status, _), n in self.outcomes.items() if status in _KEPT)

    @property
    def refused(self) -> int:
        """Records that are not in the library: rejected or failed."""
        return self.records - self.kept

    def by(self, part: int) -> dict[str, int]:
        """Return numbers by status (``part=0``) or by code (``part=1``), sorted by name."""
        found: Counter[str] = Counter()
        for key, number in self.outcomes.items():
            found[key[part]] += number
        return {name: found[name] for name in sorted(found) if found[name]}

    def table(self) -> str:
        """Return the closing table: one line an outcome, most frequent first."""
        ranked = sorted(self.outcomes.items(), key=lambda item: (-item[1], item[0]))
        lines = [f"  {number:>12,}  {s:<12}  {c}" for (s, c), number in ranked if number]
        return "\n".join([f"  {self.records:>12,}  records", *lines])

    def check_rate(self, limit: float, *, floor: int = 0) -> None:
        """Stop when a larger share than ``limit`` was refused.

        Parameters
        ----------
        limit
            Share allowed, 0 to 1.
        floor
            Records the share is taken of at least, so that a bad start is no verdict.

        Raises
        ------
        RejectRateError
            With the closing table.
        """
        if self.refused > limit * max(self.records, floor):
            share = self.refused / self.records
            raise RejectRateError(
                f"{share:.1%} of {self.records:,} records were refused, allowed are "
                f"{limit:.1%}\n{self.table()}",
                cure="look into the rejects folder; then correct the input or the settings, or "
                "raise max_reject and run again: finished pieces are kept",
            )
