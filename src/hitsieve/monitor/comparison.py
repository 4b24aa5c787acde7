"""Measurements beside the predictions made before them, each accounted for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from hitsieve.errors import DatasetError
from hitsieve.monitor.new_labels import NOTHING, Known, NewLabels, new_labels
from hitsieve.schema import SCORES

if TYPE_CHECKING:
    from datetime import datetime

    import pyarrow as pa

    from hitsieve.metrics.arrays import Floats


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the measured labels of a target: all but ``undated`` add up.

    Parameters
    ----------
    measured
        Labels with a value.
    known
        Left out: the model learned from the compound.
    before
        Left out: measured at or before the moment of prediction.
    unpredicted
        Left out: the compound has no score.
    censored
        Left out: the value is a bound.
    compared
        The rest, by which the model is judged.
    undated
        Of the new ones those without a date; see :mod:`hitsieve.monitor.new_labels`.
    """

    measured: int
    known: int
    before: int
    unpredicted: int
    censored: int
    compared: int
    undated: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Predictions beside what was measured later.

    Parameters
    ----------
    target
        What was predicted.
    rows
        One a compared label: the columns of SCORES, then ``value``, ``smiles`` and
        ``measured_at`` of the label.
    counts
        What became of all labels.
    """

    target: str
    rows: pa.Table
    counts: Counts

    def column(self, name: str) -> Floats:
        """Return a column of the rows, float64 (n,); NaN where there is none."""
        values: Floats = self.rows[name].to_numpy(zero_copy_only=False).astype(np.float64)
        return values


def compare(
    labels: pa.Table,
    scores: pa.Table,
    target: str,
    *,
    known: Known = NOTHING,
    predicted_at: datetime | None = None,
) -> Comparison:
    """Put new measurements beside the predictions made before them.

    Parameters
    ----------
    labels
        LABELS, of any targets.
    scores
        SCORES of one model for this target.
    target
        Which labels to compare.
    known, predicted_at
        What is not new; as for :func:`hitsieve.monitor.new_labels.new_labels`.

    Raises
    ------
    SchemaError
        If a table is no LABELS or SCORES.
    DatasetError
        If nothing new can be compared; tells what became of the labels.
    """
    SCORES.check(scores.schema, where="prospective scores")
    new = new_labels(labels, target, known=known, predicted_at=predicted_at)
    usable = scores.filter(scores["score"].is_valid())
    place = pc.index_in(new.table["compound_id"], usable["compound_id"].combine_chunks())
    found = new.table.append_column("place", place).filter(pc.is_valid(place))
    exact = found.filter(pc.equal(found["relation"], "="))
    rows = usable.take(exact["place"])
    for name in ("value", "smiles", "measured_at"):
        rows = rows.append_column(name, exact[name])
    counts = Counts(
        new.measured,
        new.known,
        new.before,
        unpredicted=new.table.num_rows - found.num_rows,
        censored=found.num_rows - exact.num_rows,
        compared=rows.num_rows,
        undated=new.undated,
    )
    if not rows.num_rows:
        raise _nothing(target, new, counts)
    return Comparison(target, rows, counts)


def _nothing(target: str, new: NewLabels, counts: Counts) -> DatasetError:
    why = {
        "already known to the model": counts.known,
        "measured before the predictions": counts.before,
        "without a prediction": counts.unpredicted,
        "bounds": counts.censored,
    }
    told = ", ".join(f"{number} {words}" for words, number in why.items() if number)
    if not new.table.num_rows:
        cure = "give measurements made after the screen, of compounds the model did not learn from"
    elif counts.unpredicted:
        cure = "check that labels and scores are of the same target and library"
    else:
        cure = "give measured values: a bound cannot be compared"
    return DatasetError(
        f"target {target!r}: nothing new to compare; of {counts.measured} labels: {told}",
        cure=cure,
    )
