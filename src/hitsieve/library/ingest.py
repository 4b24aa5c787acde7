"""Building a library: files in, one row for every record out, in committed steps.

Two stages, each a set of independent tasks whose results are committed one by one:

1. chunks of consecutive records are standardized; kept rows wait in ``staging/``, refused
   ones are final in ``rejects/``;
2. each shard collects its compounds from all chunks, merges duplicates, and is featurized.

Nothing in the result depends on the executor, the number of workers, or on how often the
build was killed and run again.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hitsieve.errors import HitsieveError
from hitsieve.library.alone import build_alone
from hitsieve.library.build import Build
from hitsieve.library.counts import Counts
from hitsieve.library.finish import finish, manifest_of
from hitsieve.library.inputs import check_inputs, refused_input_is_not_kept
from hitsieve.library.manifest import read_manifest
from hitsieve.library.plan import claim_folder, make_plan, refuse_foreign_folder
from hitsieve.library.shard import FreshShards
from hitsieve.library.stages import featurize_shards, plan_shards, standardize_chunks
from hitsieve.provenance import fingerprint

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.engine import Executor
    from hitsieve.library.config import LibraryConfig
    from hitsieve.library.manifest import Manifest
    from hitsieve.library.plan import Plan
    from hitsieve.library.progress import OnProgress


@dataclass(frozen=True, slots=True)
class LibrarySummary:
    """What a build did.

    Parameters
    ----------
    output
        Folder of the library.
    manifest
        Its manifest, with all counts.
    table
        The closing table: records by outcome, as text.
    seconds
        By step of this run; empty if the library was there already.
    """

    output: Path
    manifest: Manifest
    table: str
    seconds: dict[str, float]


def build_library(
    config: LibraryConfig, executor: Executor, progress: OnProgress | None = None
) -> LibrarySummary:
    """Build a library, or go on with an interrupted build of the same plan.

    Parameters
    ----------
    config
        Inputs, output and settings.
    executor
        Where tasks run; the result does not depend on it. Hanging and crashing records are
        survived by executors with worker processes.
    progress
        Called after each finished piece.

    Returns
    -------
    LibrarySummary
        Of this build, or of the finished one that was found in the folder.

    Raises
    ------
    InputError
        If an input is refused as a whole, or changed since the build began.
    ConfigError
        If the folder holds a build with other settings, or something else.
    RejectRateError
        If more records than ``max_reject`` were refused.
    IncompleteError
        If storage failed, or another process builds it now; running again goes on.
    """
    started = time.monotonic()
    refuse_foreign_folder(config.output)
    with refused_input_is_not_kept(config.output):
        inputs = check_inputs(config.inputs, config, config.output)
        plan = make_plan(config, inputs)
        claim_folder(config.output, plan)
    build = Build(config, inputs, fingerprint(plan), executor, progress)
    build.timings["check"] = time.monotonic() - started
    seconds = build_alone(config.output, lambda: _build(build, plan))
    return summary_of(config.output, seconds or {})


def _build(build: Build, plan: Plan) -> dict[str, float]:
    """Build, and return the seconds of each stage."""
    build.ledger.sweep_temporaries()
    staged = standardize_chunks(build)
    shards = plan_shards(build, staged)
    final = featurize_shards(build, FreshShards(shards))
    totals = settle_totals(staged.counts, final)
    totals.check_rate(build.config.max_reject)
    finish(build, manifest_of(build, plan, totals, staged, shards.shards))
    return build.timings


def settle_totals(staged: Counts, final: Counts) -> Counts:
    """Add up how all records ended: refused in the first stage, or as the second one says."""
    if final.records != staged.kept:
        raise HitsieveError(
            f"{final.records:,} records left the second stage, {staged.kept:,} entered it: "
            "this is a bug",
            cure="report it with the inputs, and remove the output folder",
        )
    totals = staged.only_refused()
    totals.merge(final)
    return totals


def summary_of(root: Path, seconds: dict[str, float]) -> LibrarySummary:
    """Return the summary of a finished library."""
    manifest = read_manifest(root)
    table = Counts.from_json(manifest.counts.by_outcome).table()
    return LibrarySummary(root, manifest, table, seconds)
