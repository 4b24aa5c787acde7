"""From measurements to labels: the replicates of a compound become one row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from hitsieve.assays.replicates import CONFLICT_SPREAD_PX, merge_replicates
from hitsieve.oracles.protocol import Measurement, label_rows
from hitsieve.provenance import fingerprint
from hitsieve.schema import Code

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from hitsieve.oracles.inbox.config import InboxConfig
    from hitsieve.oracles.inbox.told import Kept, ResultStore
    from hitsieve.oracles.protocol import Compound

_SIGN: Final = {"<": -1, "=": 0, ">": 1}
_RELATION: Final = {-1: "<", 0: "=", 1: ">"}


class InboxIdentity:
    """What the labels of an inbox say of their origin.

    Parameters
    ----------
    config
        What is measured.
    """

    name = "inbox"
    time_limit_s = None

    def __init__(self, config: InboxConfig) -> None:
        self.config = config
        self.target = config.target
        self.endpoint = config.endpoint
        self.unit = config.unit
        self.higher_is_better = config.higher_is_better

    @property
    def fingerprint(self) -> str:
        """Of what is measured and how replicates are joined; plates do not decide a value."""
        config = self.config
        return fingerprint(
            [config.target, config.endpoint, config.unit, config.higher_is_better, config.rule]
        )


def merged_labels(
    config: InboxConfig, store: ResultStore, compounds: Sequence[Compound]
) -> pa.Table:
    """Return the labels of compounds that have a result, in the order given; others are left out.

    Exact values are joined by the inbox's rule, of bounds the tightest stands, failures count
    only where nothing else was told.
    """
    found: list[tuple[Compound, list[Kept]]] = []
    for compound in compounds:
        kept = list(store.of(compound[0]).values())
        if kept:
            found.append((compound, kept))
    # A label must not depend on which others are asked for, so other units get no spread.
    spread = CONFLICT_SPREAD_PX if config.unit == "pX" else float("inf")
    labels = label_rows(
        InboxIdentity(config),
        [compound for compound, _ in found],
        [_joined(kept, config, spread) for _, kept in found],
    )
    times = pa.array([_first(kept) for _, kept in found], labels.schema.field("measured_at").type)
    place = labels.schema.get_field_index("measured_at")
    return labels.set_column(place, labels.schema.field("measured_at"), times)


def _joined(kept: Sequence[Kept], config: InboxConfig, spread: float) -> Measurement:
    valued = [one for one in kept if one.value is not None]
    if not valued:
        notes = "; ".join(dict.fromkeys(one.note for one in kept if one.note))
        message = f"the laboratory reports a failure: {notes}" if notes else "reported as failed"
        return Measurement(None, code=Code.MEASUREMENT_FAILED, message=message)
    merged = merge_replicates(
        np.zeros(len(valued), dtype=np.int64),
        np.array([one.value for one in valued], dtype=np.float64),
        np.array([_SIGN[one.relation] for one in valued], dtype=np.int8),
        task=config.task,
        rule=config.rule,
        spread=spread,
    )
    conflict = "; ".join(f"{', '.join(c.values)}: {c.outcome}" for c in merged.conflicts)
    if not len(merged.value):
        return Measurement(None, code=Code.MEASUREMENT_FAILED, message=f"no one value: {conflict}")
    several = f"joined from {len(valued)}" if len(valued) > 1 else ""
    notes = "; ".join(dict.fromkeys(one.note for one in valued if one.note))
    message = "; ".join(part for part in (several, conflict, notes) if part)
    relation = _RELATION[int(merged.relation[0])]
    return Measurement(float(merged.value[0]), relation, message=message)


def _first(kept: Sequence[Kept]) -> datetime | None:
    times = [one.time for one in kept if one.time is not None]
    return min(times) if times else None
