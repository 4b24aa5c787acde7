"""Measuring on one worker what a shard costs: reading, scoring, writing, memory."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow.compute as pc

from hitsieve.store import write_parquet_atomic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa

    from hitsieve.screen.sources import Loaded, Model, Score, Shard, Sources

_WARM_ROWS: Final = 256


@dataclass(frozen=True, slots=True)
class Probe:
    """What one worker measured on a part of a shard.

    Parameters
    ----------
    setup_s, read_s, write_s
        Seconds to load the models, to read the shard, and to write and flush its files.
    rows, score_s
        Compounds scored, and the seconds that took with all models.
    shard_bytes
        Size of the shard's files, were all its compounds as those of the part.
    memory
        Largest resident memory of the worker in bytes.
    outside
        Compounds of the part outside of each (target, model)'s domain.
    """

    setup_s: float
    read_s: float
    write_s: float
    rows: int
    score_s: float
    shard_bytes: float
    memory: int
    outside: dict[tuple[str, str], int]


def prober(
    sources: Sources, models: Sequence[Model], library: str, output: str, sample_s: float
) -> Callable[[Shard], Probe]:
    """Set up a worker that measures: load every model, and note how long that took."""
    began = time.perf_counter()
    scorers = [(model, sources.load(model)) for model in models]
    setup_s = time.perf_counter() - began
    return partial(_probe, sources, scorers, Path(library), Path(output), sample_s, setup_s)


def _probe(
    sources: Sources,
    scorers: Sequence[tuple[Model, Score]],
    library: Path,
    output: Path,
    sample_s: float,
    setup_s: float,
    shard: Shard,
) -> Probe:
    began = time.perf_counter()
    loaded = sources.read(library, shard)
    read_s = time.perf_counter() - began
    rows, score_s, tables = _score_part(sources, scorers, loaded, sample_s)
    began = time.perf_counter()
    size = 0.0
    for table in tables.values():
        with tempfile.TemporaryDirectory(dir=_existing(output)) as folder:
            path, small = Path(folder) / "sample", Path(folder) / "record"
            write_parquet_atomic(path, table)
            write_parquet_atomic(small, table.slice(0, 1))  # as costly as a commit record
            fixed, full = small.stat().st_size, path.stat().st_size
            size += fixed + (full - fixed) * shard.rows / max(1, rows)
    write_s = time.perf_counter() - began
    outside = {
        pair: table.num_rows - (pc.sum(table.column("in_domain")).as_py() or 0)
        for pair, table in tables.items()
    }
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    memory = used if sys.platform == "darwin" else used * 1024  # elsewhere it counts KiB
    return Probe(setup_s, read_s, write_s, rows, score_s, size, memory, outside)


def _score_part(
    sources: Sources, scorers: Sequence[tuple[Model, Score]], loaded: Loaded, sample_s: float
) -> tuple[int, float, dict[tuple[str, str], pa.Table]]:
    """Score ever larger parts of a shard until one takes long enough, and keep the last."""
    total = len(loaded.compound_ids)
    rows = min(_WARM_ROWS, total)
    for _, score in scorers:  # the first call warms caches
        score(sources.part(loaded, rows).batch)
    while True:
        part = sources.part(loaded, rows).batch
        began = time.perf_counter()
        scored = {model.reference: score(part) for model, score in scorers}
        seconds = time.perf_counter() - began
        if rows >= total or seconds >= sample_s / 2:
            break
        growth = max(2.0, min(8.0, sample_s / max(seconds, 1e-3)))
        rows = min(total, round(rows * growth))
    tables = {
        (target.name, model.reference): scored[model.reference][target.name]
        for model, _ in scorers
        for target in model.targets
    }
    return rows, seconds, tables


def _existing(folder: Path) -> Path | None:
    """Return the nearest folder that exists: the storage the screen will be written to."""
    return next((parent for parent in (folder, *folder.parents) if parent.is_dir()), None)
