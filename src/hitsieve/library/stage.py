"""First stage: a chunk of consecutive input records, standardized and sorted by bucket."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from hitsieve.chem.identity import bucket
from hitsieve.chem.standardize import Standardizer
from hitsieve.library.collector import without_collector
from hitsieve.library.counts import Counts
from hitsieve.library.layout import (
    BUCKETS,
    REVERSED,
    chunk_key,
    chunk_name,
    rejects_path,
    staged_path,
)
from hitsieve.library.rejects import RejectRows, vendor_json
from hitsieve.provenance import sha256_bytes
from hitsieve.schema import REJECTS, Code, Status
from hitsieve.store.files import write_atomic, write_parquet_atomic
from hitsieve.store.ledger import Commit, Ledger
from hitsieve.store.reader import FINGERPRINT_TAG

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.chem.policy import ChemPolicy
    from hitsieve.chem.standardize import Standardized
    from hitsieve.library.readers.records import SourceRecord

STAGED: Final = pa.schema(
    [
        ("bucket", pa.uint16()),
        ("id_hash", pa.uint64()),
        ("compound_hash", pa.uint64()),
        ("file", pa.string()),
        ("record", pa.int64()),
        ("source_id", pa.string()),
        ("vendor", pa.string()),
        ("compound_id", pa.string()),
        ("smiles", pa.string()),
        ("inchikey", pa.string()),
        ("parent_smiles", pa.string()),
        ("parent_inchikey", pa.string()),
        ("status", pa.string()),
        ("code", pa.string()),
        ("message", pa.string()),
    ]
)
"""Kept records between the stages. ``id_hash`` is 0 for a record without identifier."""

_HASH_SPACE: Final = 1 << 64


@dataclass(frozen=True, slots=True)
class Chunk:
    """Payload of a first-stage task.

    Parameters
    ----------
    index
        Number of the chunk, from 0.
    records
        Its records, in source order.
    commit
        Whether the worker writes and commits; a part of a chunk is handed back instead.
    """

    index: int
    records: tuple[SourceRecord, ...]
    commit: bool = True


@dataclass(frozen=True, slots=True)
class Staged:
    """What became of a chunk, or of a part of it; tables only where nothing was committed."""

    counts: Counts
    kept: pa.Table | None = None
    rejects: pa.Table | None = None
    files: dict[str, int] = field(default_factory=dict)


def open_stage(root: Path, policy: ChemPolicy, fingerprint: str) -> Callable[[Chunk], Staged]:
    """Return the work function of the first stage; called once in each worker."""
    standardizer = Standardizer(policy)

    def work(chunk: Chunk) -> Staged:
        with without_collector():
            staged = standardize_records(standardizer, chunk.records)
        if not chunk.commit:
            return staged
        commit_chunk(root, fingerprint, chunk.index, staged)
        return Staged(staged.counts, files=staged.files)

    return work


def standardize_records(standardizer: Standardizer, records: tuple[SourceRecord, ...]) -> Staged:
    """Standardize records; each ends as one row of one of the two tables."""
    rejects = RejectRows()
    kept: list[tuple[object, ...]] = []
    outcomes: list[tuple[str, str]] = []
    files: dict[str, int] = {}
    for record in records:
        files[record.file] = files.get(record.file, 0) + 1
        if record.problem is not None:
            rejects.add(record, record.problem, record.message, Status.REJECTED)
            outcomes.append((Status.REJECTED.value, record.problem.value))
            continue
        result = standardize_record(standardizer, record)
        if result.kept:
            kept.append(_row(record, result))
        else:
            rejects.add(record, result.code, result.message, result.status)
        outcomes.append((result.status.value, result.code.value))
    return Staged(Counts.of(outcomes), _sorted(kept), rejects.table(), files)


def standardize_record(standardizer: Standardizer, record: SourceRecord) -> Standardized:
    """Standardize a record without a problem, be it a text or a mol block."""
    if record.molblock and record.text is not None:
        return standardizer.molblock(record.text)
    return standardizer(record.text)


def _row(record: SourceRecord, result: Standardized) -> tuple[object, ...]:
    compound_hash = bucket(result.compound_id or "", _HASH_SPACE)
    return (
        compound_hash,
        id_hash(record.file, record.source_id),
        compound_hash,
        record.file,
        record.record,
        record.source_id,
        vendor_json(record.vendor),
        result.compound_id,
        result.smiles,
        result.inchikey,
        result.parent_smiles,
        result.parent_inchikey,
        result.status.value,
        result.code.value,
        result.message,
    )


def id_hash(file: str, source_id: str) -> int:
    """Return 64 bits for an identifier of a file; 0 only for an empty identifier."""
    if not source_id:
        return 0
    digest = hashlib.blake2b(f"{file}\0{source_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") | 1


def _sorted(rows: list[tuple[object, ...]]) -> pa.Table:
    """Make the table, sorted by bucket and within a bucket in source order."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(STAGED)
    hashes = np.array(columns[0], dtype=np.uint64)
    buckets = REVERSED[(hashes % np.uint64(BUCKETS)).astype(np.int64)]
    arrays = [pa.array(buckets)]
    arrays += [
        pa.array(column, kind) for column, kind in zip(columns[1:], STAGED.types[1:], strict=True)
    ]
    table = pa.Table.from_arrays(arrays, schema=STAGED)
    return table.take(pa.array(np.argsort(buckets, kind="stable")))


def commit_chunk(root: Path, fingerprint: str, index: int, staged: Staged) -> None:
    """Write both tables of a chunk and commit them in one record.

    The kept rows go to an uncompressed Arrow file: it is mapped into memory, and each shard
    of the second stage touches its own rows alone.
    """
    if staged.kept is None or staged.rejects is None:
        raise ValueError(f"chunk {index} was already committed")
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, STAGED) as writer:
        writer.write_table(staged.kept.combine_chunks())
    data = sink.getvalue().to_pybytes()
    write_atomic(root / staged_path(index), data)
    files = {staged_path(index): sha256_bytes(data)}
    extra: dict[str, object] = {"counts": staged.counts.to_json(), "files": staged.files}
    if staged.rejects.num_rows:
        name = rejects_path(chunk_name(index))
        written = write_parquet_atomic(root / name, staged.rejects, {FINGERPRINT_TAG: fingerprint})
        files[name] = written.sha256
        extra["rejects"] = written.rows
    rows = staged.kept.num_rows
    Ledger(root).commit(Commit(chunk_key(index), files, rows, fingerprint, extra))


def join_parts(
    records: tuple[SourceRecord, ...], parts: list[tuple[int, Staged | tuple[Code, str]]]
) -> Staged:
    """Put a chunk together from parts that were worked off one by one.

    Parameters
    ----------
    records
        All records of the chunk.
    parts
        In source order: where a part starts, and its result, or why its only record failed.
    """
    counts, kept, rejects = Counts(), [STAGED.empty_table()], [REJECTS.empty()]
    files: dict[str, int] = {}
    for start, part in parts:
        result = part if isinstance(part, Staged) else _failed(records[start], *part)
        counts.merge(result.counts)
        kept.append(result.kept)
        rejects.append(result.rejects)
        for name, number in result.files.items():
            files[name] = files.get(name, 0) + number
    # Parts are sorted by bucket each, and come in source order: a stable sort restores both.
    joined = pa.concat_tables(kept)
    order = np.argsort(joined.column("bucket").to_numpy(), kind="stable")
    return Staged(counts, joined.take(pa.array(order)), pa.concat_tables(rejects), files)


def _failed(record: SourceRecord, code: Code, message: str) -> Staged:
    rows = RejectRows()
    rows.add(record, code, message, Status.FAILED)
    counts = Counts.of([(Status.FAILED.value, code.value)])
    return Staged(counts, STAGED.empty_table(), rows.table(), {record.file: 1})
