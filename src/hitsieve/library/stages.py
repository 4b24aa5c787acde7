"""Running the two stages of a build on an executor, and rescuing pieces that failed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from hitsieve.engine import Limits, Task
from hitsieve.library import identifiers
from hitsieve.library.build import Meter
from hitsieve.library.counts import Counts
from hitsieve.library.distinct import distinct_compounds
from hitsieve.library.featurize import join_features
from hitsieve.library.inputs import check_unchanged
from hitsieve.library.isolate import deadline, isolate, raise_if_final
from hitsieve.library.layout import STAGING, chunk_key, shard_count, shard_key
from hitsieve.library.merge import ShardPlan
from hitsieve.library.shard import ShardPart, open_shards
from hitsieve.library.stage import Chunk, commit_chunk, join_parts, open_stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hitsieve.library.build import Build
    from hitsieve.library.readers import SourceRecord
    from hitsieve.library.shard import ShardWork
    from hitsieve.library.stage import Staged
    from hitsieve.store.ledger import Commit

_ATTEMPTS = 2  # then the piece is taken apart, which tries each record again
_VERDICT = 0.1  # share of the input after which its rate of rejects is believed
_SKEW = 4  # times the mean a shard may hold before its deadline is too short


@dataclass(slots=True)
class StagedTotals:
    """The first stage so far: number of chunks, records by outcome and by input."""

    chunks: int = 0
    counts: Counts = field(default_factory=Counts)
    files: dict[str, int] = field(default_factory=dict)

    def add(self, counts: Counts, files: dict[str, int]) -> None:
        """Count a chunk."""
        self.counts.merge(counts)
        for name, number in files.items():
            self.files[name] = self.files.get(name, 0) + number


def standardize_chunks(build: Build) -> StagedTotals:
    """Run the first stage; chunks that were committed before are read over.

    Raises
    ------
    RejectRateError
        As soon as more than ``max_reject`` of the records so far were refused.
    """
    totals = StagedTotals()
    meter = Meter("standardize", build.expected(), build.on_progress)

    floor = int(build.expected() * _VERDICT)

    def account(counts: Counts, files: dict[str, int], *, fresh: bool = True) -> None:
        totals.add(counts, files)
        meter.add(counts.records, counts.refused, fresh=fresh)
        totals.counts.check_rate(build.config.max_reject, floor=floor)

    known = {
        key: commit
        for key, commit in build.ledger.committed(build.fingerprint).items()
        if key.startswith(f"{STAGING}/")
    }
    for commit in known.values():
        account(*_recorded(commit), fresh=False)
    failing: set[int] = set()
    setup = partial(open_stage, build.root, build.config.policy, build.fingerprint)
    limits = Limits(_ATTEMPTS, deadline(build.config.chunk_records, build.config.record_seconds))
    for outcome in build.executor.map(setup, _chunk_tasks(build, known, totals), limits):
        if outcome.value is not None:
            account(outcome.value.counts, outcome.value.files)
        else:
            raise_if_final(outcome, outcome.key)
            failing.add(_number(outcome.key))
    check_unchanged(build.inputs)
    for index, records in build.chunks() if failing else ():
        if index in failing:
            staged = _rescue_chunk(build, index, records)
            account(staged.counts, staged.files)
    build.timings["standardize"] = meter.seconds
    return totals


def _chunk_tasks(
    build: Build, known: dict[str, Commit], totals: StagedTotals
) -> Iterator[Task[Chunk]]:
    for index, records in build.chunks():
        totals.chunks = index + 1
        if chunk_key(index) not in known:
            yield Task(chunk_key(index), Chunk(index, records))


def _recorded(commit: Commit) -> tuple[Counts, dict[str, int]]:
    return Counts.from_json(commit.extra["counts"]), commit.extra["files"]


def _number(key: str) -> int:
    return int(key.rsplit("-", 1)[1])


def _rescue_chunk(build: Build, index: int, records: tuple[SourceRecord, ...]) -> Staged:
    """Work off a chunk that failed as a whole, without the records that are to blame."""
    pieces = isolate(
        build.executor,
        partial(open_stage, build.root, build.config.policy, build.fingerprint),
        len(records),
        lambda start, stop: Chunk(index, records[start:stop], commit=False),
        name=chunk_key(index),
        record_seconds=build.config.record_seconds,
    )
    staged = join_parts(records, [(p.start, p.value or (p.code, p.message)) for p in pieces])
    commit_chunk(build.root, build.fingerprint, index, staged)
    return staged


def plan_shards(build: Build, staged: StagedTotals) -> ShardPlan:
    """Settle the number of shards, and what becomes of identifiers naming two structures.

    Raises
    ------
    InputError
        If there are such identifiers and ``duplicate_ids`` is ``refuse``.
    """
    rows = staged.counts.kept
    conflicts = identifiers.conflicting_hashes(build.root, staged.chunks, rows)
    suffixes: dict[tuple[str, int], str] = {}
    if len(conflicts):
        if build.config.duplicate_ids == "refuse":
            identifiers.refuse(build.root, staged.chunks, conflicts)
        suffixes = identifiers.suffixes(build.root, staged.chunks, conflicts)
    compounds = distinct_compounds(build.root, staged.chunks, rows)
    shards = shard_count(compounds, build.config.shard_rows)
    return ShardPlan(build.root, staged.chunks, shards, rows, build.fingerprint, suffixes)


def featurize_shards(build: Build, work: ShardWork) -> Counts:
    """Run the second stage; shards that were committed before stay as they are."""
    plan = work.plan
    counts = Counts()
    meter = Meter("featurize", plan.rows, build.on_progress)

    def account(found: Counts, *, fresh: bool = True) -> None:
        counts.merge(found)
        meter.add(found.records, found.refused, fresh=fresh)

    known = build.ledger.committed(build.fingerprint)
    missing = [index for index in range(plan.shards) if shard_key(index) not in known]
    for index in sorted(set(range(plan.shards)) - set(missing)):
        account(Counts.from_json(known[shard_key(index)].extra["counts"]), fresh=False)
    tasks = (Task(shard_key(index), ShardPart(index)) for index in missing)
    items = _SKEW * max(plan.rows // plan.shards, 1)
    limits = Limits(_ATTEMPTS, deadline(items, build.config.record_seconds))
    failing: list[int] = []
    for outcome in build.executor.map(partial(open_shards, work), tasks, limits):
        if outcome.value is not None:
            account(outcome.value.counts)
        else:
            raise_if_final(outcome, outcome.key)
            failing.append(_number(outcome.key))
    for index in sorted(failing):
        account(_rescue_shard(build, work, index))
    build.timings["featurize"] = meter.seconds
    return counts


def _rescue_shard(build: Build, work: ShardWork, index: int) -> Counts:
    """Featurize a shard that failed as a whole, without the compounds that are to blame."""
    merged = work.merge(index)
    pieces = isolate(
        build.executor,
        partial(open_shards, work),
        merged.compounds,
        lambda start, stop: ShardPart(index, start, stop),
        name=shard_key(index),
        record_seconds=build.config.record_seconds,
    )
    parts = [
        (p.start, (p.value.features if p.value else None) or (p.code, p.message)) for p in pieces
    ]
    return work.commit(index, merged, join_features(parts)).counts
