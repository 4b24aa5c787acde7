"""Scoring one shard with all models: the pure function every executor runs.

Models are taken in the order of the plan, so that a cascade's student has committed its scores
before the teacher is asked: what the teacher rescores is chosen by the committed file.
"""

from __future__ import annotations

import logging
import platform
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from hitsieve.errors import ChecksumError, StorageError, UsageError
from hitsieve.screen.claim import refuse_other_plan
from hitsieve.screen.contract import checked
from hitsieve.screen.controls import golden_scores
from hitsieve.screen.rescore import chosen
from hitsieve.store import Commit, Ledger, write_parquet_atomic
from hitsieve.store.encoding import Encoding
from hitsieve.store.place import place
from hitsieve.store.reader import FINGERPRINT_TAG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from concurrent.futures import Future
    from pathlib import Path

    from hitsieve.screen.controls import Spikes
    from hitsieve.screen.plan import Output, ScreenPlan, Unit
    from hitsieve.screen.sources import Loaded, Score, Sources


_LOG = logging.getLogger(__name__)

SCORES_ENCODING: Final = Encoding("snappy", ("status",), ("compound_id",))
"""A hundred targets are a hundred files; in order of score, ids neither repeat nor guide."""

SHOWN: Final = 20
"""Best compounds of each file that whoever watches the screen gets to see."""

_WRITERS: Final = 4
"""Files flushed to the disk at a time, while the next tables are made."""


@dataclass(frozen=True, slots=True)
class ShardJob:
    """A unit with all a worker must know about it: folder, library and the plan it is of."""

    folder: str
    library: str
    plan: str
    unit: Unit


@dataclass(frozen=True, slots=True)
class ShardResult:
    """What became of a unit.

    Parameters
    ----------
    rows
        Compounds in the shard.
    written, found
        Files written, and files found finished.
    node
        Name of the machine that did it.
    best
        The first rows of each file written, by key, so that nobody must open it to see them.
    """

    rows: int
    written: int
    found: int
    node: str = ""
    best: dict[str, pa.Table] = field(default_factory=dict)


def prepare(sources: Sources, plan: ScreenPlan, root: Path) -> Callable[[ShardJob], ShardResult]:
    """Set up a worker: load every model once, and the controls of the screen in ``root``.

    Raises
    ------
    ModelRefusedError
        If a model fails its checks on this machine.
    """
    scorers = {model.reference: sources.load(model) for model in plan.models}
    spikes = golden_scores(plan, sources, scorers, root) if plan.controls else None
    return partial(score_shard, sources, scorers, spikes=spikes)


class Prepared:
    """Prepares a worker at the first call and gives the same at any further one.

    The stages of a screen ask in turn, and models load once in a process. Sent to another process
    it is as new.

    Parameters
    ----------
    make
        Prepares.
    """

    def __init__(self, make: Callable[[], Callable[[ShardJob], ShardResult]]) -> None:
        self._make = make
        self._made: Callable[[ShardJob], ShardResult] | None = None

    def __call__(self) -> Callable[[ShardJob], ShardResult]:
        """Return what scores shards."""
        if self._made is None:
            self._made = self._make()
        return self._made

    def __reduce__(self) -> tuple[type[Prepared], tuple[Any, ...]]:
        return Prepared, (self._make,)


def score_shard(
    sources: Sources,
    scorers: Mapping[str, Score],
    job: ShardJob,
    *,
    spikes: Spikes | None = None,
) -> ShardResult:
    """Score a shard with all models, and commit a file for each target and model.

    Files that are committed already are left alone, so it may be called any number of times,
    by any number of workers.

    Raises
    ------
    UsageError
        If the folder belongs to another plan.
    ChecksumError
        If the library's shard is not the planned one.
    SchemaError
        If a model does not account for every compound once.
    GoldenMismatchError
        If a control does not come out as in the golden run; nothing of it is committed.
    StorageError
        If the storage refuses.
    """
    folder = place(job.folder)
    refuse_other_plan(folder, job.plan)
    ledger = Ledger(folder)
    outputs = job.unit.outputs
    pending = [output for output in outputs if not finished(ledger, output)]
    if not pending:
        return ShardResult(job.unit.shard.rows, 0, len(outputs), platform.node())
    loaded = sources.read(place(job.library), job.unit.shard)
    if len(loaded.compound_ids) != job.unit.shard.rows:
        raise ChecksumError(
            f"library shard {job.unit.shard.name} has {len(loaded.compound_ids)} rows, "
            f"its manifest says {job.unit.shard.rows}",
            cure="build the library again",
        )
    best: dict[str, pa.Table] = {}
    whole = _joined(sources, loaded, spikes)
    for reference in dict.fromkeys(output.model for output in pending):
        part = chosen(sources, ledger, loaded, [o for o in outputs if o.model == reference])
        # one batch for all models that score the whole shard: what they derive from it is shared
        together = whole if part.loaded is loaded else _joined(sources, part.loaded, spikes)
        unasked = part.empty and spikes is None
        tables = {} if unasked else scorers[reference](together.batch)
        _LOG.info("scored by %s", reference, extra={"shard": job.unit.shard.name})
        with _finishing(ledger) as finish:
            for output in pending:
                if output.model != reference:
                    continue
                table, told = _without(spikes, tables.get(output.target), output)
                ids, table, told = part.rows(output, table, told)
                table = checked(table, output, ids)
                finish(output, table, told)
                # taken, not sliced: a slice would travel with the whole table
                best[output.key] = table.take(
                    pa.array(range(min(SHOWN, table.num_rows)), pa.int64())
                )
    found = len(outputs) - len(pending)
    return ShardResult(job.unit.shard.rows, len(pending), found, platform.node(), best)


def finished(ledger: Ledger, output: Output) -> bool:
    """Return whether an output is committed, by this plan.

    Raises
    ------
    UsageError
        If it is committed with another fingerprint.
    """
    commit = ledger.get(output.key)
    if commit is not None and commit.fingerprint != output.fingerprint:
        raise UsageError(
            f"{output.key} in {ledger.root} is committed with fingerprint {commit.fingerprint}, "
            f"planned is {output.fingerprint}: the screen folder belongs to another plan",
            cure="choose another output folder",
        )
    return commit is not None


def _joined(sources: Sources, loaded: Loaded, spikes: Spikes | None) -> Loaded:
    return loaded if spikes is None else sources.joined(loaded, spikes.loaded)


def _without(
    spikes: Spikes | None, table: pa.Table | None, output: Output
) -> tuple[pa.Table | None, dict[str, Any]]:
    if spikes is None or table is None:
        return table, {}
    rest, places = spikes.take_out(table, output)
    return rest, {"controls": places}


@contextmanager
def _finishing(
    ledger: Ledger,
) -> Iterator[Callable[[Output, pa.Table, dict[str, Any]], None]]:
    """Give a function that writes and commits an output; all are finished behind the block.

    A few outputs are written at a time, each as ever: its file is on the disk before its
    record. The first error is raised, and what has not begun then is left out.
    """
    waiting: list[Future[None]] = []

    def submit(output: Output, table: pa.Table, told: dict[str, Any]) -> None:
        if len(waiting) > _WRITERS:  # so that tables do not pile up in memory
            waiting.pop(0).result()
        waiting.append(pool.submit(_finish, ledger, output, table, told))

    with ThreadPoolExecutor(_WRITERS, "scores") as pool:
        try:
            yield submit
            for future in waiting:
                future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _finish(ledger: Ledger, output: Output, table: pa.Table, told: dict[str, Any]) -> None:
    tags = {FINGERPRINT_TAG: output.fingerprint} | {
        "hitsieve.target": output.target,
        "hitsieve.model": output.model,
    }
    try:
        written = write_parquet_atomic(ledger.root / output.path, table, tags, SCORES_ENCODING)
        files = {output.path: written.sha256}
        record = Commit(output.key, files, written.rows, output.fingerprint, told)
        won = ledger.commit(record)
    except StorageError:
        # Another driver may have finished it, and swept our temporary away.
        if finished(ledger, output):
            return
        raise
    if not won:
        finished(ledger, output)  # the winner must be of the same plan
