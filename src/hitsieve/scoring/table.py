"""Predictions as SCORES tables, best compounds first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.schema import SCORES, Status
from hitsieve.scoring.protocol import Prediction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from hitsieve.registry.config import BundleConfig, TargetConfig
    from hitsieve.scoring.batch import CompoundBatch

_BLOCK: Final = 1024
"""Compounds whose intervals are computed at a time: the intermediate values stay in the cache."""

_LAST: Final = np.uint32(0xFFFFFFFF)
_SIGN: Final = np.uint32(1 << 31)
_LOW: Final = np.uint64(0xFFFFFFFF)


class CalibratedScorer(Protocol):
    """A scorer that knows its intervals and limits; see :mod:`hitsieve.scoring.load`."""

    config: BundleConfig

    def score(self, batch: CompoundBatch) -> Prediction:
        """Predict all targets of all compounds of a batch."""

    def bounds(self, prediction: Prediction) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return calibrated lower and upper ends, (n, T) each; NaN where there are none."""

    def in_domain(self, batch: CompoundBatch) -> NDArray[np.bool_]:
        """Tell for which compounds the model was made: bool (n,)."""


def score_table(scorer: CalibratedScorer, batch: CompoundBatch) -> ScoreTables:
    """Score a batch and lay the predictions out as one SCORES table a target.

    Parameters
    ----------
    scorer
        Predicts, calibrates, and knows its domain.
    batch
        n compounds.
    """
    prediction = scorer.score(batch)
    # + 0.0 turns -0.0 into 0.0: they are one score, and must tie
    shape = prediction.mean.T.shape
    lower, upper = np.empty(shape, np.float32), np.empty(shape, np.float32)
    for start in range(0, len(batch), _BLOCK):
        part = slice(start, start + _BLOCK)
        low, high = scorer.bounds(Prediction(prediction.mean[part], prediction.std[part]))
        lower[:, part], upper[:, part] = low.T + np.float32(0), high.T + np.float32(0)
    values = {
        "score": np.ascontiguousarray(prediction.mean.T) + np.float32(0),
        "std": np.ascontiguousarray(prediction.std.T),
        "lower": lower,
        "upper": upper,
    }
    return ScoreTables(scorer.config.targets, batch.compound_ids, values, scorer.in_domain(batch))


class ScoreTables(Mapping[str, pa.Table]):
    """One SCORES table a target, each made when it is asked for: there may be hundreds.

    Every compound is a row of every table. Rows are sorted best first as the target's direction
    says, ties by compound_id; a prediction that is no finite number gives a row with status
    ``failed`` and null values, at the end. The ids are a dictionary array over the ids of the
    batch, which all tables share.

    Parameters
    ----------
    targets
        Names and directions of the T targets.
    compound_ids
        Arrow strings (n,).
    values
        ``score, std, lower, upper``: float32 (T, n), what is not finite is null.
    in_domain
        bool (n,).
    """

    def __init__(
        self,
        targets: Sequence[TargetConfig],
        compound_ids: pa.StringArray,
        values: Mapping[str, NDArray[np.float32]],
        in_domain: NDArray[np.bool_],
    ) -> None:
        self._directions = {target.name: target.direction for target in targets}
        self._row = {target.name: row for row, target in enumerate(targets)}
        self._ids, self._values, self._inside = compound_ids, values, in_domain
        self._by_id = pc.sort_indices(compound_ids).to_numpy()
        self._sound = pa.array([Status.OK.value], pa.string()).take(
            pa.array(np.zeros(len(compound_ids), np.int32))
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self._row)

    def __len__(self) -> int:
        return len(self._row)

    def __getitem__(self, target: str) -> pa.Table:
        values = {name: table[self._row[target]] for name, table in self._values.items()}
        failed = ~np.isfinite(values["score"])
        some_failed = bool(failed.any())
        order = best_order(values["score"], failed, self._by_id, self._directions[target])
        columns = {
            name: _numbers(column[order], failed[order] if some_failed else None)
            for name, column in values.items()
        }
        ids = pa.DictionaryArray.from_arrays(pa.array(order.astype(np.int32)), self._ids)
        status = self._sound
        if some_failed:
            words = np.where(failed[order], Status.FAILED.value, Status.OK.value)
            status = pa.array(words.tolist(), pa.string())
        made = {
            "compound_id": ids,
            **columns,
            "in_domain": pa.array(self._inside[order]),
            "status": status,
        }
        return pa.Table.from_arrays([made[name] for name in SCORES.names], schema=SCHEMA)


SCHEMA: Final = SCORES.schema.set(
    SCORES.names.index("compound_id"),
    pa.field("compound_id", pa.dictionary(pa.int32(), pa.string()), nullable=False),
)
"""SCORES with ids as a dictionary; decoded it is SCORES."""


def best_order(
    scores: NDArray[np.float32],
    failed: NDArray[np.bool_],
    by_id: NDArray[np.integer],
    direction: Literal["higher", "lower"],
) -> NDArray[np.int64]:
    """Return the order of rows, best first, ties by id, failed rows last: int64 (n,).

    One sort of 64-bit keys: the bits of the score, mapped so that they compare as the scores
    do, and below them the place of the id.

    Parameters
    ----------
    scores
        float32 (n,), finite where not ``failed``.
    failed
        bool (n,).
    by_id
        int (n,): the rows in order of their ids.
    direction
        Whether ``higher`` or ``lower`` is better.
    """
    sign = np.float32(-1 if direction == "higher" else 1)
    bits = np.where(failed, np.float32(0), scores * sign)[by_id].view(np.uint32)
    # the bits of positive numbers compare as the numbers do, those of negative ones backwards
    rising = np.where(bits & _SIGN, ~bits, bits | _SIGN)
    rising[failed[by_id]] = _LAST
    keys = rising.astype(np.uint64) << np.uint64(32) | np.arange(len(bits), dtype=np.uint64)
    keys.sort()
    order: NDArray[np.int64] = by_id[(keys & _LOW).astype(np.int64)].astype(np.int64)
    return order


def _numbers(values: NDArray[np.float32], failed: NDArray[np.bool_] | None) -> pa.Array:
    absent = ~np.isfinite(values)
    if failed is not None:
        absent |= failed
    return pa.array(values, mask=absent if absent.any() else None)
