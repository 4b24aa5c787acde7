"""Curating one column: values in units, replicates merged, what is doubtful listed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from hitsieve.assays.replicates import Merged, Rule, conflict_spread, merge_replicates
from hitsieve.assays.report import (
    CellCounts,
    ConflictReport,
    Outlier,
    RefusedRecord,
    TargetReport,
)
from hitsieve.assays.values import CURES, ParsedColumn, Refusal, parse_column
from hitsieve.schema.codes import clip

if TYPE_CHECKING:
    from hitsieve.assays.columns import ColumnCard
    from hitsieve.assays.read import AssayTable
    from hitsieve.metrics.arrays import Floats

MINIMUM_LABELS: Final = 20
OUTLIER_DEVIATIONS: Final = 6.0


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
    """Labels of one column and the lists that go with them."""

    column: str
    meaning: ColumnCard
    merged: Merged
    records: npt.NDArray[np.int64]
    report: TargetReport
    refused: list[RefusedRecord]
    conflicts: list[ConflictReport]
    outliers: list[Outlier]


def curate_target(
    raw: AssayTable,
    column: str,
    meaning: ColumnCard,
    compounds: Compounds,
    *,
    rule: Rule,
    minimum: int,
) -> TargetResult:
    """Make the labels of one column, with counts of what became of each of its cells."""
    parsed = parse_column(raw.cells[column], raw.relations, raw.units, meaning)
    known = compounds.of_record[parsed.record] >= 0
    refusals = {place: why for place, why in parsed.refusal.items() if known[place]}
    used = known & ~np.isnan(parsed.value)
    records, value = parsed.record[used], parsed.value[used]
    merged = merge_replicates(
        compounds.of_record[records],
        value,
        parsed.relation[used],
        task=meaning.task,
        rule=rule,
        spread=conflict_spread(value, meaning.unit),
    )
    refused_by = Counter(why.value for why in refusals.values())
    counts = CellCounts(
        cells=len(parsed.record),
        lost_with_structure=int((~known).sum()),
        refused=dict(sorted(refused_by.items())),
        dropped=merged.dropped,
        merged=int(used.sum()) - merged.dropped - len(merged.value),
    )
    report = _target_report(column, meaning, merged, counts, minimum)
    conflicts = [
        ConflictReport(compounds.ids[c.compound], meaning.target, c.values, c.outcome, c.kept)
        for c in merged.conflicts
    ]
    outliers = [] if meaning.task == "classification" else _outliers(meaning, merged, compounds)
    refused = _list_refused(raw, column, meaning, parsed, refusals)
    return TargetResult(
        column, meaning, merged, records[merged.first], report, refused, conflicts, outliers
    )


def _target_report(
    column: str, meaning: ColumnCard, merged: Merged, counts: CellCounts, minimum: int
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
        left_out=unlearnable(value, meaning.task, minimum),
        **counts._asdict(),
    )


def unlearnable(value: Floats, task: str, minimum: int = MINIMUM_LABELS) -> str:
    """Return why no model can learn from these labels, or an empty string.

    Examples
    --------
    >>> unlearnable(np.ones(50), "classification")
    'all 50 labels are of class 1'
    """
    if not len(value):
        return "all values are missing or refused"
    if len(value) < minimum:
        return f"{len(value)} labels, at least {minimum} are needed"
    if len(np.unique(value)) == 1:
        what = f"are of class {value[0]:.0f}" if task == "classification" else f"are {value[0]:.6g}"
        return f"all {len(value)} labels {what}"
    return ""


def _outliers(meaning: ColumnCard, merged: Merged, compounds: Compounds) -> list[Outlier]:
    """List labels more than six robust deviations from the median."""
    if not len(merged.value):
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
        )
        for i in far
    ]


def _list_refused(
    raw: AssayTable,
    column: str,
    meaning: ColumnCard,
    parsed: ParsedColumn,
    refusals: dict[int, Refusal],
) -> list[RefusedRecord]:
    return [
        RefusedRecord(
            raw.records[parsed.record[place]],
            meaning.target,
            clip(raw.cells[column][parsed.record[place]]),
            why.value,
            CURES[why],
        )
        for place, why in sorted(refusals.items())
    ]
