"""Saying why a data set cannot be learned from: the column, what it holds, and the cure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from hitsieve.assays.units import MOLAR
from hitsieve.assays.values import CURES, MISSING, PX_RANGE, SLIPS, Refusal, of_another_unit
from hitsieve.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.assays.read import AssayTable
    from hitsieve.assays.targets import TargetResult

_SHOWN: Final = 6


def why_unfit(raw: AssayTable, results: Sequence[TargetResult]) -> DatasetError | None:
    """Return the error that a curated data set deserves; None if a target can be learned.

    Parameters
    ----------
    raw
        Records as read.
    results
        One a column of values.
    """
    for result in results:
        strange = _third_class(raw, result) or _other_unit(raw, result)
        if strange is not None:
            return strange
        if result.obstacle is not None and result.obstacle.is_error:
            return DatasetError(
                f"data set {raw.card.name}, target {result.report.target!r}: "
                f"{result.obstacle.reason}",
                cure=result.obstacle.cure,
            )
    if any(not result.report.left_out for result in results):
        return None
    return _nothing_left(raw.card.name, results)


def _third_class(raw: AssayTable, result: TargetResult) -> DatasetError | None:
    """Refuse a classification with a third value that comes again, or with many strange ones.

    One odd cell is a slip and is refused alone. A value that comes again was meant, and leaving
    its compounds out would make another question of the one that was asked.
    """
    if result.meaning.task != "classification" or result.meaning.active:
        return None
    strange = Counter(item.text for item in result.refused if item.code == Refusal.NO_CLASS)
    total = strange.total()
    if not total or (max(strange.values()) == 1 and total <= SLIPS * result.report.cells):
        return None
    cells = [cell.strip() for cell in raw.cells[result.column]]
    found = Counter(cell for cell in cells if cell.lower() not in MISSING).most_common()
    shown = ", ".join(f"{text!r} ({count})" for text, count in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return DatasetError(
        f"data set {raw.card.name}, column {result.column!r}: {total} of {result.report.cells} "
        f"values are neither 0 nor 1 (no_class); found are {shown}{more}",
        cure=f"say in the dataset card, under columns: {result.column}:, which mean active and "
        "which inactive, such as `active: [1, 2]` and `inactive: [0]` (a value of neither is left "
        "out); for measured numbers use task: regression",
    )


def _other_unit(raw: AssayTable, result: TargetResult) -> DatasetError | None:
    """Refuse a column of pX of which many values are none."""
    count = result.report.refused.get(Refusal.OUT_OF_RANGE, 0)
    if result.meaning.unit != "pX" or not of_another_unit(count, result.report.cells):
        return None
    example = next(item.text for item in result.refused if item.code == Refusal.OUT_OF_RANGE)
    low, high = PX_RANGE
    transform = result.meaning.transform
    if transform == "none":
        cure = (
            "check the unit that the column is in: `transform: nM_to_pX` in the dataset card turns "
            f"concentrations into pX (or {', '.join(u for u in MOLAR if u != 'nM')} in place of nM)"
        )
    else:
        cure = f"correct `transform: {transform}` in the dataset card, or the unit column it reads"
    return DatasetError(
        f"data set {raw.card.name}, column {result.column!r}: {count} of {result.report.cells} "
        f"values are no pX ({low:g} to {high:g}), such as {example!r}; so the others are hardly "
        "what they seem",
        cure=cure,
    )


def _nothing_left(name: str, results: Sequence[TargetResult]) -> DatasetError:
    first = results[0].report
    reasons = Counter(first.refused)
    if reasons and sum(reasons.values()) * 2 > first.cells:
        why, count = reasons.most_common(1)[0]
        example = next(item.text for item in results[0].refused if item.code == why)
        return DatasetError(
            f"data set {name}, column {first.column!r}: {count} of {first.cells} values refused "
            f"({why}), such as {example!r}",
            cure=CURES[Refusal(why)],
        )
    if first.lost_with_structure * 2 > first.cells:
        return DatasetError(
            f"data set {name}: {first.lost_with_structure} of {first.cells} measured structures "
            "were refused",
            cure="check smiles_column in the dataset card; `hitsieve data check CARD` lists each "
            "structure's code",
        )
    if not first.labels:
        return DatasetError(
            f"data set {name}, column {first.column!r}: {first.left_out}", cure=first.cure
        )
    return DatasetError(
        f"data set {name}, target {first.target!r}: {first.left_out}", cure=first.cure
    )
