"""Predictions as SCORES tables, best compounds first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.schema import SCORES, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hitsieve.registry.config import BundleConfig
    from hitsieve.scoring.batch import CompoundBatch
    from hitsieve.scoring.protocol import Prediction


class CalibratedScorer(Protocol):
    """A scorer that knows its intervals and limits; see :mod:`hitsieve.scoring.load`."""

    config: BundleConfig

    def score(self, batch: CompoundBatch) -> Prediction:
        """Predict all targets of all compounds of a batch."""

    def bounds(self, prediction: Prediction) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return calibrated lower and upper ends, (n, T) each; NaN where there are none."""

    def in_domain(self, batch: CompoundBatch) -> NDArray[np.bool_]:
        """Tell for which compounds the model was made: bool (n,)."""


def score_table(scorer: CalibratedScorer, batch: CompoundBatch) -> dict[str, pa.Table]:
    """Score a batch and lay the predictions out as one SCORES table a target.

    Every compound of the batch is a row of every table. Rows are sorted best first as the
    target's direction says, ties by compound_id; a prediction that is no finite number gives a
    row with status ``failed`` and null values, at the end.

    Parameters
    ----------
    scorer
        Predicts, calibrates, and knows its domain.
    batch
        n compounds.

    Returns
    -------
    dict
        Target name to table.
    """
    prediction = scorer.score(batch)
    lower, upper = scorer.bounds(prediction)
    inside = scorer.in_domain(batch)
    tables = {}
    for column, target in enumerate(scorer.config.targets):
        values = {
            "score": prediction.mean[:, column],
            "std": prediction.std[:, column],
            "lower": lower[:, column],
            "upper": upper[:, column],
        }
        tables[target.name] = sort_scores(_rows(batch, values, inside), target.direction)
    return tables


def sort_scores(table: pa.Table, direction: Literal["higher", "lower"]) -> pa.Table:
    """Sort a SCORES table best first, ties by compound_id, rows without a score last."""
    order = "descending" if direction == "higher" else "ascending"
    return table.take(pc.sort_indices(table, [("score", order), ("compound_id", "ascending")]))


def _rows(
    batch: CompoundBatch,
    values: Mapping[str, NDArray[np.float32]],
    inside: NDArray[np.bool_],
) -> pa.Table:
    failed = ~np.isfinite(values["score"])
    # + 0.0 turns -0.0 into 0.0: they are one score, and must tie
    columns = {
        name: pa.array(column + np.float32(0), mask=failed | ~np.isfinite(column))
        for name, column in values.items()
    }
    status = np.where(failed, Status.FAILED.value, Status.OK.value)
    return SCORES.build(
        {
            "compound_id": batch.compound_ids,
            **columns,
            "in_domain": pa.array(inside),
            "status": pa.array(status.tolist(), pa.string()),
        }
    )
