"""Curating one column: values in units, replicates merged, what is doubtful listed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from hitsieve.assays.advice import advice
from hitsieve.assays.learnable import LONE_VARIANCE, MINIMUM_LABELS, obstacle
from hitsieve.assays.replicates import Merged, Rule, conflict_spread, merge_replicates
from hitsieve.assays.report import (
    CellCounts,
    ConflictReport,
    Outlier,
    RefusedRecord,
    TargetReport,
)
from hitsieve.assays.values import CURES, ParsedColumn, Refusal, parse_column
from hitsieve.errors import UsageError
from hitsieve.schema.codes import clip

if TYPE_CHECKING:
    from hitsieve.assays.columns import ColumnCard
    from hitsieve.assays.learnable import Obstacle
    from hitsieve.assays.read import AssayTable

OUTLIER_DEVIATIONS: Final = 6.0


@dataclass(frozen=True, slots=True)
class Demands:
    """How labels are made, and what they must be good for.

    Parameters
    ----------
    rule
        How exact replicates are joined: ``median`` or ``mean``.
    minimum
        Labels, bounds not counted, that a target needs to be learned from; 0 asks for nothing.
    lone_variance
        Largest share of a target's variance that one label may hold.
    """

    rule: Rule = "median"
    minimum: int = MINIMUM_LABELS
    lone_variance: float = LONE_VARIANCE

    def __post_init__(self) -> None:
        if self.rule not in {"median", "mean"}:
            raise UsageError(f"rule = {self.rule!r}", cure="use 'median' or 'mean'")


@dataclass(frozen=True, slots=True)
class Compounds:
    """Records matched to compounds.

    Parameters
    ----------
    of_record
        (n,) number of each record's compound; -1 where the structure was refused.
    ids, smiles
        Identity and standardized structure of each compound.
    """

    of_record: npt.NDArray[np.int64]
    ids: list[str]
    smiles: list[str]


@dataclass(frozen=True, slots=True)
class TargetResult:
    """Labels of one column, what keeps a model from them, and the lists that go with them.

    ``records`` are those of each label's first measurement, ``measured`` those of all.
    """

    column: str
    meaning: ColumnCard
    merged: Merged
    records: npt.NDArray[np.int64]
    measured: npt.NDArray[np.int64]
    obstacle: Obstacle | None
    report: TargetReport
    refused: list[RefusedRecord]
    conflicts: list[ConflictReport]
    outliers: list[Outlier]


@dataclass(frozen=True, slots=True)
class _Cells:
    """Cells of one column that hold something.

    Parameters
    ----------
    parsed
        All n of them.
    known
        (n,) whether the structure beside the cell was read.
    used
        (n,) whether the cell holds a value for such a structure.
    refused
        Why cells beside such structures were refused, by their place among the n.
    """

    parsed: ParsedColumn
    known: npt.NDArray[np.bool_]
    used: npt.NDArray[np.bool_]
    refused: dict[int, Refusal]


def curate_target(
    raw: AssayTable,
    column: str,
    meaning: ColumnCard,
    compounds: Compounds,
    demands: Demands,
) -> TargetResult:
    """Make the labels of one column, with counts of what became of each of its cells."""
    cells = _read_cells(raw, column, meaning, compounds)
    merged = _merge(cells, meaning, compounds, demands)
    measured = cells.parsed.record[cells.used]
    records = measured[merged.first]
    places = [raw.records[record] for record in records]
    found = obstacle(
        merged.value,
        merged.relation,
        meaning.task,
        minimum=demands.minimum,
        lone_variance=demands.lone_variance,
        names=places,
    )
    return TargetResult(
        column,
        meaning,
        merged,
        records,
        measured,
        found,
        _target_report(column, meaning, merged, _count(cells, merged), found),
        _list_refused(raw, column, meaning, cells),
        [
            ConflictReport(compounds.ids[c.compound], meaning.target, c.values, c.outcome, c.kept)
            for c in merged.conflicts
        ],
        _outliers(meaning, merged, compounds, places),
    )


def _read_cells(
    raw: AssayTable, column: str, meaning: ColumnCard, compounds: Compounds
) -> _Cells:  # fmt: skip
    parsed = parse_column(raw.cells[column], raw.relations, raw.units, meaning)
    known = compounds.of_record[parsed.record] >= 0
    refused = {place: why for place, why in parsed.refusal.items() if known[place]}
    return _Cells(parsed, known, known & ~np.isnan(parsed.value), refused)


def _merge(cells: _Cells, meaning: ColumnCard, compounds: Compounds, demands: Demands) -> Merged:
    """Join the values of each compound; ``first`` counts among the used cells."""
    parsed, used = cells.parsed, cells.used
    value = parsed.value[used]
    return merge_replicates(
        compounds.of_record[parsed.record[used]],
        value,
        parsed.relation[used],
        task=meaning.task,
        rule=demands.rule,
        spread=conflict_spread(value, meaning.unit),
    )


def _count(cells: _Cells, merged: Merged) -> CellCounts:
    refused_by = Counter(why.value for why in cells.refused.values())
    return CellCounts(
        cells=len(cells.parsed.record),
        lost_with_structure=int((~cells.known).sum()),
        refused=dict(sorted(refused_by.items())),
        dropped=merged.dropped,
        merged=int(cells.used.sum()) - merged.dropped - len(merged.value),
    )


def _target_report(
    column: str,
    meaning: ColumnCard,
    merged: Merged,
    counts: CellCounts,
    found: Obstacle | None,
) -> TargetReport:
    value = merged.value
    low, middle, high = (
        (float(value.min()), float(np.median(value)), float(value.max()))
        if len(value)
        else (None, None, None)
    )
    return TargetReport(
        target=meaning.target,
        title=meaning.title,
        endpoint=meaning.endpoint,
        unit=meaning.unit,
        direction=meaning.direction,
        task=meaning.task,
        column=column,
        labels=len(value),
        censored=int((merged.relation != 0).sum()),
        actives=int((value == 1.0).sum()) if meaning.task == "classification" else 0,
        minimum=low,
        median=middle,
        maximum=high,
        advice=advice(value, meaning.unit) if meaning.task == "regression" else "",
        left_out=found.reason if found else "",
        cure=found.cure if found else "",
        **counts._asdict(),
    )


def _outliers(
    meaning: ColumnCard, merged: Merged, compounds: Compounds, places: list[str]
) -> list[Outlier]:
    """List labels more than six robust deviations from the median, the farthest first."""
    if meaning.task == "classification" or not len(merged.value):
        return []
    distance = merged.value - np.median(merged.value)
    deviation = 1.4826 * float(np.median(np.abs(distance)))
    if deviation == 0:
        return []
    far = np.flatnonzero(np.abs(distance) > OUTLIER_DEVIATIONS * deviation)
    return [
        Outlier(
            compounds.ids[merged.compound[i]],
            meaning.target,
            float(merged.value[i]),
            round(float(distance[i] / deviation), 2),
            places[i],
        )
        for i in far[np.argsort(-np.abs(distance[far]), kind="stable")]
    ]


def _list_refused(
    raw: AssayTable,
    column: str,
    meaning: ColumnCard,
    cells: _Cells,
) -> list[RefusedRecord]:
    record = cells.parsed.record
    return [
        RefusedRecord(
            raw.records[record[place]],
            meaning.target,
            clip(_told(raw, column, record[place], why)),
            why.value,
            CURES[why],
        )
        for place, why in sorted(cells.refused.items())
    ]


def _told(raw: AssayTable, column: str, record: int, why: Refusal) -> str:
    """Return what a refused cell holds, with what stands beside it where that is the cause."""
    cell = raw.cells[column][record]
    if why is Refusal.NO_UNIT:
        return f"{cell} {raw.units[record]}".strip()
    return f"{raw.relations[record]} {cell}" if why is Refusal.BAD_RELATION else cell
