"""Second stage: a shard's compounds, merged over all chunks, featurized and written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.library.collector import without_collector
from hitsieve.library.counts import Counts
from hitsieve.library.featurize import Featurized, featurize_all
from hitsieve.library.layout import rejects_path, shard_key, shard_path
from hitsieve.library.merge import Merged, ShardPlan, merge_shard
from hitsieve.schema import LIBRARY, REJECTS, Status
from hitsieve.store.files import write_parquet_atomic
from hitsieve.store.layout import shard_name
from hitsieve.store.ledger import Commit, Ledger
from hitsieve.store.reader import FINGERPRINT_TAG

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from hitsieve.library.featurize import Failure


@dataclass(frozen=True, slots=True)
class ShardPart:
    """Payload of a second-stage task.

    Parameters
    ----------
    index
        Number of the shard.
    start, stop
        Range of its compounds to featurize and hand back; the whole shard, committed by the
        worker, where ``stop`` is None.
    """

    index: int
    start: int = 0
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class ShardResult:
    """What a second-stage task did: counts of a committed shard, or features of a part."""

    counts: Counts
    rows: int = 0
    features: Featurized | None = None


class ShardWork(Protocol):
    """What the second stage does with one shard, apart from featurizing its compounds."""

    @property
    def plan(self) -> ShardPlan:
        """What every task has to know."""

    def merge(self, index: int) -> Merged:
        """Return the compounds of a shard that have to be featurized, with their records."""

    def commit(self, index: int, merged: Merged, features: Featurized) -> ShardResult:
        """Write and commit the shard, given the features of these compounds."""


@dataclass(frozen=True, slots=True)
class FreshShards:
    """Shards of a library that is built from nothing: every compound is featurized."""

    plan: ShardPlan

    def merge(self, index: int) -> Merged:
        """Return all compounds of a shard."""
        return merge_shard(self.plan, index)

    def commit(self, index: int, merged: Merged, features: Featurized) -> ShardResult:
        """Write the compounds as a shard."""
        settled = settle(self.plan, index, merged, features)
        rows = library_rows(merged, settled.good, features.columns)
        tags = {FINGERPRINT_TAG: self.plan.fingerprint}
        path = shard_path(index)
        written = write_parquet_atomic(self.plan.root / path, rows, tags)
        settled.files[path] = written.sha256
        return settled.commit(self.plan, index, written.rows)


def open_shards(work: ShardWork) -> Callable[[ShardPart], ShardResult]:
    """Return the work function of the second stage; called once in each worker."""

    def run(part: ShardPart) -> ShardResult:
        merged = work.merge(part.index)
        parents = merged.first("parent_smiles").to_pylist()
        with without_collector():
            features = featurize_all(parents[part.start : part.stop])
        if part.stop is not None:
            return ShardResult(Counts(), features=features)
        return work.commit(part.index, merged, features)

    return run


@dataclass(slots=True)
class Settlement:
    """How the records of a shard's featurized compounds ended, on the way to its commit.

    Parameters
    ----------
    good
        bool (compounds,): which have features.
    counts
        Records by outcome.
    files
        SHA-256 of what was written so far, by path.
    extra
        For the commit record.
    """

    good: NDArray[np.bool_]
    counts: Counts
    files: dict[str, str] = field(default_factory=dict)
    extra: dict[str, object] = field(default_factory=dict)

    def commit(self, plan: ShardPlan, index: int, rows: int) -> ShardResult:
        """Record the shard as finished."""
        extra = {**self.extra, "counts": self.counts.to_json()}
        done = Commit(shard_key(index), self.files, rows, plan.fingerprint, extra)
        Ledger(plan.root).commit(done)
        return ShardResult(self.counts, rows)


def settle(plan: ShardPlan, index: int, merged: Merged, features: Featurized) -> Settlement:
    """Count how records ended, and write those whose compound could not be featurized."""
    good = np.ones(merged.compounds, dtype=bool)
    good[list(features.failures)] = False
    settled = Settlement(good, outcomes(merged.of(good).records))
    if features.failures:
        failed = _failed_rows(merged, features.failures)
        name = rejects_path(shard_name(index))
        tags = {FINGERPRINT_TAG: plan.fingerprint}
        refused = write_parquet_atomic(plan.root / name, failed, tags)
        settled.files[name] = refused.sha256
        settled.extra["rejects"] = refused.rows
        codes = failed.column("code").to_pylist()
        settled.counts.merge(Counts.of((Status.FAILED.value, code) for code in codes))
    return settled


def outcomes(records: pa.Table) -> Counts:
    """Count STAGED records by status and code."""
    pairs = (records.column(name).to_pylist() for name in ("status", "code"))
    return Counts.of(zip(*pairs, strict=True))


def library_rows(
    merged: Merged, good: NDArray[np.bool_], features: dict[str, list[Any]]
) -> pa.Table:
    """Return LIBRARY rows of the compounds that have features."""
    records = merged.records
    mask = pa.array(good)
    offsets = pa.array(merged.offsets, pa.int32())
    places = pc.binary_join_element_wise(
        records.column("file"), pc.cast(records.column("record"), pa.string()), "#"
    )
    lists = {
        "source_ids": records.column("source_id"),
        "source_records": places,
        "vendor": records.column("vendor"),
    }
    columns: dict[str, object] = {
        name: pa.ListArray.from_arrays(offsets, _flat(values)).filter(mask)
        for name, values in lists.items()
    }
    for name in LIBRARY.names:
        if name in features:
            columns[name] = features[name]
        elif name not in columns:
            columns[name] = merged.first(name).filter(mask)
    return LIBRARY.build(columns)


def _flat(values: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(values.chunks) if values.num_chunks else pa.array([], values.type)


def _failed_rows(merged: Merged, failures: dict[int, Failure]) -> pa.Table:
    """Return a REJECTS row for each source record of each compound without features."""
    columns: dict[str, list[Any]] = {name: [] for name in REJECTS.names}
    for position in sorted(failures):
        code, message = failures[position]
        start, stop = merged.offsets[position], merged.offsets[position + 1]
        for row in merged.records.slice(start, stop - start).to_pylist():
            columns["source_file"].append(row["file"])
            columns["record"].append(row["record"])
            columns["source_id"].append(row["source_id"])
            columns["text"].append(row["smiles"])
            columns["vendor"].append(row["vendor"])
            columns["status"].append(Status.FAILED.value)
            columns["code"].append(code.value)
            columns["message"].append(message)
    return REJECTS.build(dict(columns))
