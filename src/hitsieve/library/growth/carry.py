"""The manifest of a grown library: what the base had, what the release brought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from hitsieve.library.counts import Counts
from hitsieve.library.finish import counts_entry, manifest_of
from hitsieve.library.growth.release import repaired_places
from hitsieve.library.growth.sources import Changes
from hitsieve.library.layout import MANIFEST, rejects_path, shard_key, withdrawn_path
from hitsieve.library.manifest import FileEntry, Manifest, Origin, ReleaseEntry
from hitsieve.provenance import sha256_file
from hitsieve.schema import REJECTS
from hitsieve.store.files import link_atomic, write_parquet_atomic
from hitsieve.store.layout import shard_name
from hitsieve.store.reader import FINGERPRINT_TAG, open_parquet

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.library.build import Build
    from hitsieve.library.library import Library
    from hitsieve.library.plan import Plan
    from hitsieve.library.stages import StagedTotals
    from hitsieve.store.ledger import Commit


def grown_manifest(
    build: Build, plan: Plan, totals: Counts, staged: StagedTotals, shards: int, base: Library
) -> Manifest:
    """Return the manifest of a grown library; the base's rejects are taken over on the way.

    Parameters
    ----------
    build, plan, staged
        Of the release.
    totals
        How the records of the release ended.
    shards
        Their number in the grown library.
    base
        The library it grew out of.
    """
    manifest = manifest_of(build, plan, totals, staged, shards)
    committed = build.ledger.committed(build.fingerprint)
    commits = [committed[shard_key(index)] for index in range(shards)]
    counts = Counts.from_json(base.manifest.counts.by_outcome)
    rejects, repaired = _carried_rejects(build, base)
    counts.outcomes.subtract(repaired.outcomes)
    counts.merge(totals)
    changes = Changes()
    for commit in commits:
        changes.numbers.update(commit.extra["changes"])
    files = [source.file.name for source in build.inputs]
    release = ReleaseEntry(
        supplier=build.config.supplier, files=files, partial=bool(plan["partial"])
    )
    return manifest.model_copy(
        update={
            "inputs": [*base.manifest.inputs, *manifest.inputs],
            "counts": counts_entry(counts, sum(commit.rows for commit in commits)),
            "rejects": [*rejects, *manifest.rejects],
            "releases": [*base.manifest.releases, release],
            "withdrawn": _withdrawn(commits),
            "origin": Origin(
                kind="add",
                base=sha256_file(base.root / MANIFEST),
                changes={**changes.to_json(), "repaired": repaired.records},
            ),
        }
    )


def _withdrawn(commits: list[Commit]) -> list[FileEntry]:
    return [
        FileEntry(name=name, rows=commit.extra["withdrawn"], sha256=commit.files[path])
        for name, commit in ((shard_name(i), commit) for i, commit in enumerate(commits))
        if (path := withdrawn_path(name)) in commit.files
    ]


def _carried_rejects(build: Build, base: Library) -> tuple[list[FileEntry], Counts]:
    """Take over the base's refused records, without those that the release brings repaired."""
    repaired = repaired_places(build.inputs, build.config)
    entries: list[FileEntry] = []
    dropped = Counts()
    for entry in base.manifest.rejects:
        generation = f"release-{len(base.manifest.releases)}-"
        name = entry.name if entry.name.startswith("release-") else generation + entry.name
        source, target = base.root / rejects_path(entry.name), build.root / rejects_path(name)
        kept, gone = _without(source, repaired) if repaired else (None, Counts())
        if kept is None or not gone.records:
            link_atomic(source, target, entry.sha256)
            entries.append(entry.model_copy(update={"name": name}))
            continue
        dropped.merge(gone)
        if kept.num_rows:
            written = write_parquet_atomic(target, kept, {FINGERPRINT_TAG: build.fingerprint})
            entries.append(FileEntry(name=name, rows=kept.num_rows, sha256=written.sha256))
    return entries, dropped


def _without(path: Path, repaired: frozenset[str]) -> tuple[pa.Table, Counts]:
    with open_parquet(path, REJECTS) as file:
        table = file.read()
    record = pc.cast(table.column("record"), pa.string())
    places = pc.binary_join_element_wise(table.column("source_file"), record, "#")
    mask = pc.is_in(places, pa.array(sorted(repaired), pa.string()))
    gone = table.filter(mask)
    pairs = (gone.column(name).to_pylist() for name in ("status", "code"))
    return table.filter(pc.invert(mask)), Counts.of(zip(*pairs, strict=True))
