"""The two steps of a cut: choosing rows of each old shard, and writing the new shards."""

from __future__ import annotations

import hashlib
import heapq
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.chem.substructure import SubstructureFilter
from hitsieve.library.availability import available
from hitsieve.library.counts import Counts
from hitsieve.library.layout import STAGING, shard_key, shard_path, withdrawn_path
from hitsieve.library.library import Library
from hitsieve.provenance import sha256_bytes
from hitsieve.schema import LIBRARY, WITHDRAWN
from hitsieve.store.files import write_atomic, write_parquet_atomic
from hitsieve.store.layout import shard_name
from hitsieve.store.ledger import Commit, Ledger
from hitsieve.store.reader import FINGERPRINT_TAG

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from hitsieve.library.cut.selection import Selection, Window
    from hitsieve.library.cut.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Cut:
    """What every task of a cut has to know.

    Parameters
    ----------
    root, base
        Folders of the new library and of the one it is cut out of.
    selection, wanted
        What to take.
    fingerprint
        Of the plan.
    shards
        Of the new library: as many as the base has, or a power of two fewer.
    below
        A sampled compound's rank is below this; None takes all.
    """

    root: Path
    base: Path
    selection: Selection
    wanted: Wanted | None
    fingerprint: str
    shards: int = 1
    below: int | None = None


def staged_key(index: int) -> str:
    """Return the commit key of the chosen rows of an old shard."""
    return f"{STAGING}/{shard_name(index)}"


def staged_path(index: int) -> str:
    """Return where the chosen rows of an old shard wait."""
    return f"{STAGING}/{shard_name(index)}.arrow"


def ranks(ids: list[str], seed: int) -> NDArray[np.uint64]:
    """Return a random number for each compound that depends on it and the seed alone.

    So a sample is the same however a library is cut into shards, and a larger sample of one
    seed holds the smaller.
    """
    digests = [hashlib.blake2b(f"{seed}\0{name}".encode(), digest_size=8).digest() for name in ids]
    return np.frombuffer(b"".join(digests), dtype=">u8").astype(np.uint64)


def open_choice(cut: Cut) -> Callable[[int], int]:
    """Return the work of the first step: choose rows of an old shard, give their number."""
    library = Library.open(cut.base)
    chosen = cut.selection
    substructures = SubstructureFilter(chosen.present, chosen.absent)

    def choose(index: int) -> int:
        table = library.read_shard(shard_name(index))
        masks = [_inside(table, name, window) for name, window in chosen.properties.items()]
        if chosen.available:
            marks = library.withdrawn_of(shard_name(index))
            masks.append(available(table, marks, library.manifest.releases))
        found: list[str] = []
        if cut.wanted is not None:
            mask, found = cut.wanted.matches(table)
            masks.append(mask)
        if masks:
            table = table.filter(reduce(pc.and_, masks))
        if chosen.present or chosen.absent:
            kept = [substructures.keeps(text) for text in table.column("smiles").to_pylist()]
            table = table.filter(pa.array(kept, pa.bool_()))
        _stage(cut, index, table, found)
        return int(table.num_rows)

    return choose


def _inside(table: pa.Table, name: str, window: Window) -> pa.Array:
    values = pc.cast(table.column(name), pa.float64()).combine_chunks()
    mask = pc.is_valid(values)
    if window.minimum is not None:
        mask = pc.and_(mask, pc.greater_equal(values, window.minimum))
    if window.maximum is not None:
        mask = pc.and_(mask, pc.less_equal(values, window.maximum))
    return mask


def _stage(cut: Cut, index: int, table: pa.Table, found: list[str]) -> None:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, LIBRARY.schema) as writer:
        writer.write_table(table.select(LIBRARY.names).cast(LIBRARY.schema))
    data = sink.getvalue().to_pybytes()
    write_atomic(cut.root / staged_path(index), data)
    commit = Commit(
        staged_key(index),
        {staged_path(index): sha256_bytes(data)},
        table.num_rows,
        cut.fingerprint,
        {"found": found},
    )
    Ledger(cut.root).commit(commit)


def read_staged(root: Path, index: int) -> pa.Table:
    """Return the chosen rows of an old shard."""
    with pa.memory_map(str(root / staged_path(index))) as source:
        return pa.ipc.open_file(source).read_all()


def open_writing(cut: Cut) -> Callable[[int], int]:
    """Return the work of the second step: write a new shard from the old ones it holds."""
    library = Library.open(cut.base)
    old_shards = len(library.shards)

    def write(index: int) -> int:
        sources = range(index, old_shards, cut.shards)
        table = pa.concat_tables(
            [LIBRARY.empty(), *(_sampled(cut, read_staged(cut.root, j)) for j in sources)]
        ).sort_by("compound_id")
        tags = {FINGERPRINT_TAG: cut.fingerprint}
        rows = write_parquet_atomic(cut.root / shard_path(index), table, tags)
        files = {shard_path(index): rows.sha256}
        pairs = (table.column(name).to_pylist() for name in ("status", "code"))
        extra: dict[str, object] = {"counts": Counts.of(zip(*pairs, strict=True)).to_json()}
        marks = pa.concat_tables(
            [WITHDRAWN.empty(), *(library.withdrawn_of(shard_name(j)) for j in sources)]
        )
        marks = marks.filter(pc.is_in(marks.column("compound_id"), table.column("compound_id")))
        if marks.num_rows:
            name = withdrawn_path(shard_name(index))
            written = write_parquet_atomic(cut.root / name, marks.sort_by("compound_id"), tags)
            files[name] = written.sha256
            extra["withdrawn"] = marks.num_rows
        Ledger(cut.root).commit(
            Commit(shard_key(index), files, table.num_rows, cut.fingerprint, extra)
        )
        return int(table.num_rows)

    return write


def _sampled(cut: Cut, table: pa.Table) -> pa.Table:
    if cut.below is None:
        return table
    found = ranks(table.column("compound_id").to_pylist(), cut.selection.seed)
    return table.filter(pa.array(found < np.uint64(cut.below)))


def sample_ids(library: Library, number: int, seed: int) -> list[str]:
    """Return the compounds a sample takes, those of lowest rank; holds no more than these."""
    lowest: list[tuple[int, str]] = []
    for table in library.iter_tables(["compound_id"]):
        ids = table.column("compound_id").to_pylist()
        lowest = heapq.nsmallest(
            number, chain(lowest, zip(ranks(ids, seed).tolist(), ids, strict=True))
        )
    return [name for _, name in lowest]
