"""The end of a build: manifest written, staging removed."""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from hitsieve.library.layout import (
    MANIFEST,
    RUNS,
    STAGING,
    chunk_key,
    chunk_name,
    rejects_path,
    shard_key,
    shard_path,
)
from hitsieve.library.manifest import CountsEntry, FileEntry, InputEntry, Manifest, ReleaseEntry
from hitsieve.provenance import versions
from hitsieve.schema import Status
from hitsieve.store.files import write_json_atomic
from hitsieve.store.layout import shard_name
from hitsieve.store.ledger import COMMITS, Ledger

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.library.build import Build
    from hitsieve.library.counts import Counts
    from hitsieve.library.plan import Plan
    from hitsieve.library.stages import StagedTotals
    from hitsieve.store.ledger import Commit


def finish(build: Build, manifest: Manifest) -> None:
    """Write the manifest, then clear away what is no longer needed."""
    manifest.write(build.root)
    sweep(build.root)
    _log_run(build)


def manifest_of(
    build: Build, plan: Plan, totals: Counts, staged: StagedTotals, shards: int
) -> Manifest:
    """Return the manifest of all that was committed."""
    committed = build.ledger.committed(build.fingerprint)
    shard_commits = [committed[shard_key(index)] for index in range(shards)]
    rejects = [
        entry
        for name, commit in (
            *((chunk_name(i), committed[chunk_key(i)]) for i in range(staged.chunks)),
            *((shard_name(i), commit) for i, commit in enumerate(shard_commits)),
        )
        if (entry := _rejects_entry(name, commit)) is not None
    ]
    inputs = [
        InputEntry(
            name=source.file.name,
            format=source.file.format,
            compression=source.file.compression,
            size=source.size,
            sha256=source.sha256,
            records=staged.files.get(source.file.name, 0),
        )
        for source in build.inputs
    ]
    return Manifest(
        standardizer=build.config.policy.fingerprint(),
        featurizer=plan["featurizer"],
        plan=json.loads(json.dumps(plan)),
        inputs=inputs,
        counts=counts_entry(totals, sum(commit.rows for commit in shard_commits)),
        shards=[
            FileEntry(name=shard_name(i), rows=c.rows, sha256=c.files[shard_path(i)])
            for i, c in enumerate(shard_commits)
        ],
        rejects=rejects,
        duplicate_ids=build.config.duplicate_ids,
        releases=[
            ReleaseEntry(supplier=build.config.supplier, files=[entry.name for entry in inputs])
        ],
        versions=versions(),
    )


def _rejects_entry(name: str, commit: Commit) -> FileEntry | None:
    sha256 = commit.files.get(rejects_path(name))
    if sha256 is None:
        return None
    return FileEntry(name=name, rows=int(commit.extra["rejects"]), sha256=sha256)


def counts_entry(totals: Counts, compounds: int) -> CountsEntry:
    """Return the counts of a library of so many compounds."""
    by_status = totals.by(0)
    return CountsEntry(
        records=totals.records,
        kept=totals.kept,
        compounds=compounds,
        duplicates=totals.kept - compounds,
        rejected=by_status.get(Status.REJECTED.value, 0),
        failed=by_status.get(Status.FAILED.value, 0),
        by_status=by_status,
        by_code=totals.by(1),
        by_outcome=totals.to_json(),
    )


def sweep(root: Path) -> None:
    """Remove staging, its commit records, and what dead writers of finished files left.

    Harmless to repeat after an interruption.
    """
    Ledger(root).sweep_temporaries(finished=[MANIFEST])
    for folder in (root / COMMITS / STAGING, root / STAGING):
        with suppress(FileNotFoundError):
            shutil.rmtree(folder)


def _log_run(build: Build) -> None:
    """Note how long this run took, apart from all that must be equal in every run."""
    folder = build.root / RUNS
    number = len(list(folder.glob("run-*.json"))) + 1 if folder.is_dir() else 1
    write_json_atomic(
        folder / f"run-{number:04d}.json",
        {
            "executor": build.executor.name,
            "workers": build.executor.workers,
            "seconds": {name: round(value, 3) for name, value in build.timings.items()},
        },
    )
