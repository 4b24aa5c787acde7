"""Scoring one shard with all models: the pure function every executor runs."""

from __future__ import annotations

import logging
import platform
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.errors import ChecksumError, SchemaError, StorageError, UsageError
from hitsieve.schema import SCORES
from hitsieve.screen.controls import golden_scores
from hitsieve.screen.plan import refuse_other_plan
from hitsieve.store import Commit, Ledger, write_parquet_atomic
from hitsieve.store.place import place
from hitsieve.store.reader import FINGERPRINT_TAG

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from hitsieve.screen.controls import Spikes
    from hitsieve.screen.plan import Output, ScreenPlan, Unit
    from hitsieve.screen.sources import Score, Sources


_LOG = logging.getLogger(__name__)


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
    """

    rows: int
    written: int
    found: int
    node: str = ""


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
    together = loaded if spikes is None else sources.joined(loaded, spikes.loaded)
    for reference in dict.fromkeys(output.model for output in pending):
        tables = scorers[reference](together.batch)
        _LOG.info("scored by %s", reference, extra={"shard": job.unit.shard.name})
        for output in pending:
            if output.model == reference:
                table, told = _without(spikes, tables.get(output.target), output)
                _finish(ledger, output, checked(table, output, loaded.compound_ids), told)
    found = len(outputs) - len(pending)
    return ShardResult(job.unit.shard.rows, len(pending), found, platform.node())


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


def best_first(direction: str) -> list[tuple[str, str]]:
    """Return the sort keys of a SCORES table: best score first, ties by id.

    Arrow puts nulls last in either order, so failed rows end a table.
    """
    order = "descending" if direction == "higher" else "ascending"
    return [("score", order), ("compound_id", "ascending")]


def checked(table: pa.Table | None, output: Output, compound_ids: pa.StringArray) -> pa.Table:
    """Hold the row contract: every compound once, sorted, and no score that is not a number.

    Raises
    ------
    SchemaError
        Names the output and what is wrong.
    """
    where = f"{output.key}, as scored by {output.model}"
    if table is None:
        raise SchemaError(f"{where}: the model returned no table for target {output.target!r}")
    SCORES.check(table.schema, where=where)
    table = table.select(SCORES.names)
    if table.num_rows != len(compound_ids):
        raise SchemaError(f"{where}: {table.num_rows} rows for {len(compound_ids)} compounds")
    given = pc.sort_indices(table.column("compound_id"))
    expected = compound_ids.take(pc.sort_indices(compound_ids))
    if not table.column("compound_id").take(given).equals(pa.chunked_array([expected])):
        raise SchemaError(f"{where}: its compounds are not those of the shard")
    score = table.column("score")
    if not pc.all(pc.is_finite(score), min_count=0).as_py():
        raise SchemaError(f"{where}: a score is not a finite number; a failed row has null")
    agree = pc.equal(pc.is_null(score), pc.not_equal(table["status"], "ok"))
    if not pc.all(agree, min_count=0).as_py():
        raise SchemaError(f"{where}: a score is null where status is ok, or the reverse")
    order = pc.sort_indices(table, best_first(output.direction))
    if not np.array_equal(order.to_numpy(), np.arange(table.num_rows)):
        raise SchemaError(f"{where}: rows are not sorted best first ({output.direction} is better)")
    return table


def _without(
    spikes: Spikes | None, table: pa.Table | None, output: Output
) -> tuple[pa.Table | None, dict[str, Any]]:
    if spikes is None or table is None:
        return table, {}
    rest, places = spikes.take_out(table, output)
    return rest, {"controls": places}


def _finish(ledger: Ledger, output: Output, table: pa.Table, told: dict[str, Any]) -> None:
    tags = {FINGERPRINT_TAG: output.fingerprint} | {
        "hitsieve.target": output.target,
        "hitsieve.model": output.model,
    }
    try:
        written = write_parquet_atomic(ledger.root / output.path, table, tags)
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
