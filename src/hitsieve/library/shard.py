"""Second stage: a shard's compounds, merged over all chunks, featurized and written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.chem.features import featurize
from hitsieve.library.counts import Counts
from hitsieve.library.layout import bucket_range, rejects_path, shard_key, shard_path, staged_path
from hitsieve.library.stage import STAGED
from hitsieve.schema import LIBRARY, REJECTS, Code, Status
from hitsieve.schema.codes import clip
from hitsieve.schema.tables import DESCRIPTORS
from hitsieve.store.files import write_parquet_atomic
from hitsieve.store.layout import shard_name
from hitsieve.store.ledger import Commit, Ledger
from hitsieve.store.reader import FINGERPRINT_TAG

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from hitsieve.chem.features import Features

Failure = tuple[Code, str]

_FEATURES: Final = (
    "n_atoms",
    "n_bonds",
    "atom_codes",
    "bond_index",
    "bond_codes",
    "morgan",
    *(column.name for column in DESCRIPTORS),
)


@dataclass(frozen=True, slots=True)
class ShardPlan:
    """What every task of the second stage has to know.

    Parameters
    ----------
    root
        Folder of the library.
    chunks, shards, rows
        Their numbers; rows are staged records.
    fingerprint
        Of inputs and settings.
    suffixes
        ``(file, record)`` of records whose identifier gets a suffix, because it names an
        earlier structure too.
    """

    root: Path
    chunks: int
    shards: int
    rows: int
    fingerprint: str
    suffixes: Mapping[tuple[str, int], str]


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
class Featurized:
    """Feature columns of some compounds, and why others have none, by their position."""

    columns: dict[str, list[Any]]
    failures: dict[int, Failure]


@dataclass(frozen=True, slots=True)
class ShardResult:
    """What a second-stage task did: counts of a committed shard, or features of a part."""

    counts: Counts
    rows: int = 0
    features: Featurized | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """The staged records of one shard by compound.

    Parameters
    ----------
    records
        STAGED rows sorted by compound, and within one in source order.
    offsets
        Where each compound's records start, and the end: shape (compounds + 1,).
    """

    records: pa.Table
    offsets: NDArray[np.int64]

    @property
    def compounds(self) -> int:
        """Distinct compounds."""
        return len(self.offsets) - 1

    def first(self, name: str) -> pa.Array:
        """Return a column's value of each compound's first record."""
        return self.records.column(name).combine_chunks().take(pa.array(self.offsets[:-1]))


def open_shards(plan: ShardPlan) -> Callable[[ShardPart], ShardResult]:
    """Return the work function of the second stage; called once in each worker."""

    def work(part: ShardPart) -> ShardResult:
        merged = merge_shard(plan, part.index)
        parents = merged.first("parent_smiles").to_pylist()
        if part.stop is not None:
            return ShardResult(Counts(), features=featurize_all(parents[part.start : part.stop]))
        return commit_shard(plan, part.index, merged, featurize_all(parents))

    return work


def merge_shard(plan: ShardPlan, index: int) -> Merged:
    """Collect a shard's records from all chunks and bring duplicates together."""
    start, stop = bucket_range(index, plan.shards)
    pieces = [STAGED.empty_table()]
    for chunk in range(plan.chunks):
        with pa.memory_map(str(plan.root / staged_path(chunk))) as source:
            table = pa.ipc.open_file(source).read_all()
            low, high = np.searchsorted(table.column("bucket").to_numpy(), [start, stop])
            if high > low:
                # A copy, so that no mapping outlives this step.
                pieces.append(table.slice(low, high - low).take(pa.array(range(high - low))))
    records = _in_source_order(pa.concat_tables(pieces))
    keys = records.column("compound_id").to_numpy(zero_copy_only=False)
    borders = np.flatnonzero(keys[1:] != keys[:-1]) + 1 if len(keys) else np.empty(0, np.int64)
    ends = [len(keys)] if len(keys) else []
    offsets = np.concatenate([[0], borders, ends]).astype(np.int64)
    return Merged(_suffixed(records, plan.suffixes), offsets)


def _in_source_order(records: pa.Table) -> pa.Table:
    """Sort by compound; chunks come in source order, which breaks ties."""
    order = pa.array(np.arange(records.num_rows))
    keyed = records.append_column("order", order)
    keys = [("compound_id", "ascending"), ("order", "ascending")]
    return records.take(pc.sort_indices(keyed, sort_keys=keys))


def _suffixed(records: pa.Table, suffixes: Mapping[tuple[str, int], str]) -> pa.Table:
    if not suffixes:
        return records
    places = zip(
        records.column("file").to_pylist(), records.column("record").to_pylist(), strict=True
    )
    ids = records.column("source_id").to_pylist()
    named = [name + suffixes.get(place, "") for name, place in zip(ids, places, strict=True)]
    at = records.schema.get_field_index("source_id")
    return records.set_column(at, "source_id", pa.array(named, pa.string()))


def featurize_all(smiles: list[str]) -> Featurized:
    """Featurize compounds one by one; what fails is listed by position and has no row."""
    columns: dict[str, list[Any]] = {name: [] for name in _FEATURES}
    failures: dict[int, Failure] = {}
    for position, text in enumerate(smiles):
        try:
            features = featurize(text)
        except MemoryError:
            failures[position] = (Code.OUT_OF_MEMORY, "featurizing it needs too much memory")
        except Exception as error:  # noqa: BLE001 - one compound must not take down its shard
            failures[position] = (Code.INTERNAL, clip(f"{type(error).__name__}: {error}"))
        else:
            _append(columns, features)
    return Featurized(columns, failures)


def _append(columns: dict[str, list[Any]], features: Features) -> None:
    codes = features.codes
    columns["n_atoms"].append(codes.n_atoms)
    columns["n_bonds"].append(codes.n_bonds)
    columns["atom_codes"].append(codes.atom_codes.tobytes())
    columns["bond_index"].append(codes.bond_index.tobytes())
    columns["bond_codes"].append(codes.bond_codes.tobytes())
    columns["morgan"].append(features.morgan)
    for name, value in features.descriptors.items():
        columns[name].append(value)


def join_features(parts: list[tuple[int, Featurized | Failure]]) -> Featurized:
    """Put the features of a shard together from parts, each with the position it starts at."""
    columns: dict[str, list[Any]] = {name: [] for name in _FEATURES}
    failures: dict[int, Failure] = {}
    for start, part in parts:
        if not isinstance(part, Featurized):
            failures[start] = part
            continue
        for name, values in part.columns.items():
            columns[name] += values
        failures |= {start + position: why for position, why in part.failures.items()}
    return Featurized(columns, failures)


def commit_shard(plan: ShardPlan, index: int, merged: Merged, features: Featurized) -> ShardResult:
    """Write a shard and its failures, and commit them in one record."""
    good = np.ones(merged.compounds, dtype=bool)
    good[list(features.failures)] = False
    table = _library_rows(merged, good, features.columns)
    tags = {FINGERPRINT_TAG: plan.fingerprint}
    written = write_parquet_atomic(plan.root / shard_path(index), table, tags)
    files = {shard_path(index): written.sha256}
    sizes = np.diff(merged.offsets)
    kept = merged.records.filter(pa.array(np.repeat(good, sizes)))
    pairs = zip(kept.column("status").to_pylist(), kept.column("code").to_pylist(), strict=True)
    counts = Counts.of(pairs)
    extra: dict[str, object] = {}
    if features.failures:
        failed = _failed_rows(merged, features.failures)
        name = rejects_path(shard_name(index))
        refused = write_parquet_atomic(plan.root / name, failed, tags)
        files[name] = refused.sha256
        extra["rejects"] = refused.rows
        codes = failed.column("code").to_pylist()
        counts.merge(Counts.of((Status.FAILED.value, code) for code in codes))
    extra["counts"] = counts.to_json()
    Ledger(plan.root).commit(Commit(shard_key(index), files, written.rows, plan.fingerprint, extra))
    return ShardResult(counts, written.rows)


def _library_rows(
    merged: Merged, good: NDArray[np.bool_], features: dict[str, list[Any]]
) -> pa.Table:
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
