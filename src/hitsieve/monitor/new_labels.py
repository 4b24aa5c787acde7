"""Which measurements are new to a model: not learned from, and not made before it spoke.

An error is prospective only if nobody could have known the answer. So of the labels of a target,

1. those of compounds the model learned from are left out, whatever their date;
2. those measured at or before the moment of prediction are left out;
3. one without a date is left out as measured before if the model's own test part holds the
   compound, and else taken as new.

All are counted: none vanishes silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.errors import DatasetError, InputError
from hitsieve.schema import LABELS, Status

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_LEARNED: Final = ("train", "valid")


@dataclass(frozen=True, slots=True)
class Known:
    """The compounds that a model was made from, by structure key.

    Parameters
    ----------
    learned
        Trained or calibrated on, with a value of any target.
    held_out
        Never learned from, but measured when the model was made: its test part.
    """

    learned: frozenset[str] = frozenset()
    held_out: frozenset[str] = frozenset()

    @classmethod
    def of(cls, training: pa.Table) -> Known:
        """Return what a bundle's ``training.parquet`` tells."""
        parts = pa.array(_LEARNED, pa.string())
        learned = pc.is_in(training["part"], value_set=parts)
        ids = training["compound_id"]
        return cls(
            frozenset(ids.filter(learned).to_pylist()),
            frozenset(ids.filter(pc.invert(learned)).to_pylist()),
        )


NOTHING: Final = Known()


@dataclass(frozen=True, slots=True)
class NewLabels:
    """The labels of a target that are new to a model, and how many are not.

    Parameters
    ----------
    table
        LABELS with a value, of the target.
    measured
        Labels with a value, new or not.
    known
        Of these left out because the model learned from the compound.
    before
        Left out because they were measured at or before the moment of prediction.
    undated
        Labels in ``table`` without a date.
    """

    table: pa.Table
    measured: int
    known: int
    before: int
    undated: int


def new_labels(
    labels: pa.Table,
    target: str,
    *,
    known: Known = NOTHING,
    predicted_at: datetime | None = None,
) -> NewLabels:
    """Choose the labels that are new to a model.

    Parameters
    ----------
    labels
        LABELS, of any targets.
    target
        Which of them.
    known
        What the model was made from.
    predicted_at
        When the predictions were made, with a time zone. Without it dates are not looked at:
        whoever calls knows that all labels came later.

    Raises
    ------
    SchemaError
        If the table is no LABELS.
    DatasetError
        If no label of the target has a value.
    InputError
        If the moment has no time zone.
    """
    LABELS.check(labels.schema, where="new labels")
    table = _measured(labels, target)
    learned = _holds(table, known.learned)
    fresh = table.filter(pc.invert(learned))
    undated = 0
    after = fresh
    if predicted_at is not None:
        moment = _moment(predicted_at)
        dated = pc.is_valid(fresh["measured_at"])
        later = pc.fill_null(pc.greater(fresh["measured_at"], moment), fill_value=False)
        unknown = pc.and_not(pc.invert(dated), _holds(fresh, known.held_out))
        after = fresh.filter(pc.or_(later, unknown))
        undated = after["measured_at"].null_count
    return NewLabels(
        after,
        measured=table.num_rows,
        known=table.num_rows - fresh.num_rows,
        before=fresh.num_rows - after.num_rows,
        undated=undated,
    )


def _measured(labels: pa.Table, target: str) -> pa.Table:
    good = pc.and_(pc.equal(labels["target"], target), labels["value"].is_valid())
    table = labels.filter(pc.and_(good, pc.not_equal(labels["status"], Status.FAILED.value)))
    if not table.num_rows:
        held = sorted(set(labels["target"].to_pylist()))
        raise DatasetError(
            f"the new labels hold no value of target {target!r}",
            cure=f"they speak of: {', '.join(held) or 'nothing'}",
        )
    return table


def _holds(table: pa.Table, ids: Iterable[str]) -> pa.ChunkedArray:
    return pc.is_in(table["compound_id"], value_set=pa.array(sorted(ids), pa.string()))


def _moment(predicted_at: datetime) -> pa.Scalar:
    if predicted_at.tzinfo is None:
        raise InputError(
            f"predicted_at = {predicted_at} has no time zone", cure="use datetime.now(UTC)"
        )
    return pa.scalar(predicted_at, type=pa.timestamp("us", "UTC"))
