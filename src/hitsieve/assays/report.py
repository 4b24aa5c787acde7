"""What curation did, with counts that add up, ready for JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from hitsieve.errors import HitsieveError


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """A record or a cell that gives no label: where, what it held, and why."""

    record: str
    target: str
    text: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ConflictReport:
    """Measurements of one compound that disagree, and what was made of them."""

    compound_id: str
    target: str
    values: tuple[str, ...]
    outcome: str
    kept: bool


@dataclass(frozen=True, slots=True)
class Outlier:
    """A label far from its target's others: kept, but worth a look.

    Parameters
    ----------
    compound_id, target, value
        Whose label, in the endpoint's unit.
    deviations
        Its distance from the median of the target's labels, in robust deviations.
    record
        ``file#record`` of the first measurement it was made from.
    """

    compound_id: str
    target: str
    value: float
    deviations: float
    record: str = ""


class CellCounts(NamedTuple):
    """What became of the measured cells of a column before labels were made."""

    cells: int
    lost_with_structure: int
    refused: dict[str, int]
    dropped: int
    merged: int


@dataclass(frozen=True, slots=True)
class TargetReport:
    """Counts of one target.

    Every measured cell is either lost with its structure, refused, dropped in an unsolvable
    conflict, merged into another, or a label; this is checked when the report is made.

    Parameters
    ----------
    target, title, endpoint, unit, direction, task, column
        From the card.
    cells
        Measured cells in the file.
    lost_with_structure
        Cells of records whose structure was refused.
    refused
        Cells refused by reason.
    dropped
        Cells of compounds dropped because their measurements contradict each other.
    merged
        Cells absorbed into another cell's label.
    labels
        Labels made.
    censored
        Labels that are bounds.
    actives
        Labels of class 1 (classification).
    minimum, median, maximum
        Of the labels.
    left_out
        Why no model can learn this target, so that its labels were left out; empty if kept.
    cure
        What to do about that.
    advice
        What a user had better do with labels that can hardly be learned as they are; empty where
        all is well.
    """

    target: str
    title: str
    endpoint: str
    unit: str
    direction: str
    task: str
    column: str
    cells: int
    lost_with_structure: int
    refused: dict[str, int]
    dropped: int
    merged: int
    labels: int
    censored: int
    actives: int
    minimum: float | None
    median: float | None
    maximum: float | None
    left_out: str = ""
    cure: str = ""
    advice: str = ""

    def __post_init__(self) -> None:
        parts = self.lost_with_structure + sum(self.refused.values()) + self.dropped + self.merged
        if parts + self.labels != self.cells:
            raise HitsieveError(
                f"curation of {self.target} lost count: {self.cells} cells, "
                f"{parts + self.labels} accounted for",
                cure="this is a bug: please report it with the data set",
            )


@dataclass(frozen=True, slots=True)
class CurationReport:
    """What became of a data set.

    Parameters
    ----------
    dataset, source, license
        From the card.
    checksums
        sha256 of each file.
    rule
        How replicates were merged.
    records
        Records read, ragged ones included.
    structures
        Counts of records by status and code of standardization (``ragged_row`` included).
    compounds
        Distinct compounds with a label.
    targets
        One report a target.
    refused_records, refused_values
        All of them, listed.
    conflicts, outliers
        All of them, listed.
    part_conflicts
        Compounds whose records stand in several parts of the given split; each went to the first
        of train, valid, test it stands in.
    """

    dataset: str
    source: str
    license: str
    checksums: dict[str, str]
    rule: str
    records: int
    structures: dict[str, int]
    compounds: int
    targets: tuple[TargetReport, ...]
    refused_records: tuple[RefusedRecord, ...] = field(default=())
    refused_values: tuple[RefusedRecord, ...] = field(default=())
    conflicts: tuple[ConflictReport, ...] = field(default=())
    outliers: tuple[Outlier, ...] = field(default=())
    part_conflicts: tuple[str, ...] = field(default=())

    @property
    def labels(self) -> int:
        """Labels of all kept targets."""
        return sum(t.labels for t in self.targets if not t.left_out)

    def target(self, name: str) -> TargetReport:
        """Return the report of one target."""
        return next(t for t in self.targets if t.target == name)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)

    def summary(self) -> str:
        """Return a few lines for a reader."""
        merged = sum(target.merged for target in self.targets)
        bounds = sum(t.censored for t in self.targets if not t.left_out)
        values = any(target.task == "regression" for target in self.targets)
        rule = self.rule if values else "majority"
        first = (
            f"{self.dataset}: {self.records} records, {self.compounds} compounds, "
            f"{self.labels} labels, {bounds} of them bounds; {len(self.refused_records)} records "
            f"and {len(self.refused_values)} values refused, {merged} replicates merged by "
            f"{rule}, {len(self.conflicts)} conflicts, {len(self.outliers)} outliers"
        )
        lines = [first]
        if self.part_conflicts:
            lines.append(f"  {len(self.part_conflicts)} compounds stand in several given parts")
        lines += [f"  {t.target} left out: {t.left_out}" for t in self.targets if t.left_out]
        return "\n".join(lines)
