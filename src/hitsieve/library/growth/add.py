"""Growing a library by a release: a new folder, in which unchanged shards are the old files."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hitsieve.chem.codes import featurizer_fingerprint
from hitsieve.chem.policy import ChemPolicy
from hitsieve.errors import ConfigError, FingerprintError, InputError
from hitsieve.library.alone import build_alone
from hitsieve.library.build import Build
from hitsieve.library.config import AddConfig, IngestOptions, LibraryConfig
from hitsieve.library.finish import finish
from hitsieve.library.growth.carry import grown_manifest
from hitsieve.library.growth.release import (
    named_apart,
    refuse_unknown_places,
    refused_ids,
    release_of,
    repaired_places,
)
from hitsieve.library.growth.shards import GrownShards
from hitsieve.library.ingest import settle_totals
from hitsieve.library.inputs import check_inputs, refused_input_is_not_kept
from hitsieve.library.layout import MANIFEST, shard_count
from hitsieve.library.library import Library
from hitsieve.library.plan import claim_folder, make_plan, refuse_foreign_folder
from hitsieve.library.stages import featurize_shards, plan_shards, standardize_chunks
from hitsieve.provenance import fingerprint, sha256_file

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.engine import Executor
    from hitsieve.library.manifest import Manifest
    from hitsieve.library.plan import Plan
    from hitsieve.library.progress import OnProgress


@dataclass(frozen=True, slots=True)
class AddSummary:
    """What an addition did.

    Parameters
    ----------
    output
        Folder of the grown library.
    manifest
        Its manifest; ``manifest.origin.changes`` says what changed.
    table
        The closing table of the release's own records, by outcome; empty if the grown library
        was there already.
    """

    output: Path
    manifest: Manifest
    table: str


def add_release(
    config: AddConfig, executor: Executor, progress: OnProgress | None = None
) -> AddSummary:
    """Grow a library by further files into a new folder, or go on with doing so.

    New structures are featurized; known ones gain a source identifier; with a supplier named,
    what its earlier files listed and these do not is marked as withdrawn, never removed.

    Parameters
    ----------
    config
        Library, inputs, output and settings.
    executor
        Where tasks run; the result does not depend on it.
    progress
        Called after each finished piece.

    Raises
    ------
    FingerprintError
        If this program standardizes or featurizes otherwise than the library.
    InputError, ConfigError, RejectRateError, IncompleteError
        As for :func:`~hitsieve.library.ingest.build_library`.
    """
    started = time.monotonic()
    base = Library.open(config.library)
    settings = _settings(config, base)
    refuse_foreign_folder(config.output)
    with refused_input_is_not_kept(config.output):
        inputs = named_apart(check_inputs(config.inputs, settings, config.output), base.manifest)
        _refuse_known_files(base, [source.sha256 for source in inputs])
        refuse_unknown_places(base, repaired_places(inputs, settings))
        plan = make_plan(settings, inputs) | {
            "base": sha256_file(base.root / MANIFEST),
            "partial": config.partial,
        }
        claim_folder(config.output, plan)
    build = Build(settings, inputs, fingerprint(plan), executor, progress)
    build.timings["check"] = time.monotonic() - started
    grown = build_alone(config.output, lambda: _grow(build, plan, config, base))
    return grown or AddSummary(config.output, Library.open(config.output).manifest, "")


def _grow(build: Build, plan: Plan, config: AddConfig, base: Library) -> AddSummary:
    build.ledger.sweep_temporaries()
    staged = standardize_chunks(build)
    release = release_of(base.manifest, config.supplier, build.inputs, partial=config.partial)
    if release.whole:
        release = replace(release, refused_ids=refused_ids(build.root, staged.chunks))
    shards = plan_shards(build, staged)
    # Most of a release is known already, so its size says little: splitting waits until the
    # library surely is that large, because it makes every shard a new one.
    least = shard_count(len(base), build.config.shard_rows)
    shards = replace(shards, shards=max(len(base.shards), shards.shards, least))
    final = featurize_shards(build, GrownShards(shards, base.root.absolute(), release))
    totals = settle_totals(staged.counts, final)
    totals.check_rate(config.max_reject)
    manifest = grown_manifest(build, plan, totals, staged, shards.shards, base)
    finish(build, manifest)
    return AddSummary(config.output, manifest, totals.table())


def _settings(config: AddConfig, base: Library) -> LibraryConfig:
    """Return the settings of the build: the library's own, and those of the files."""
    if config.output.absolute() == base.root.absolute():
        raise ConfigError(
            f"output {config.output} is the library itself, and libraries are never changed",
            cure="choose another folder; unchanged shards take no further space",
        )
    plan = base.manifest.plan
    policy = ChemPolicy.model_validate(plan["policy"])
    for what, then, now in (
        ("standardizer", base.manifest.standardizer, policy.fingerprint()),
        ("featurizer", base.manifest.featurizer, featurizer_fingerprint()),
    ):
        if then != now:
            raise FingerprintError(
                f"{base.root} was made with {what} {then}, this program's is {now}",
                cure="build the library again from all its inputs",
            )
    shared = {name: getattr(config, name) for name in IngestOptions.model_fields}
    return LibraryConfig(**shared, policy=policy, shard_rows=plan["shard_rows"])


def _refuse_known_files(base: Library, found: list[str]) -> None:
    known = {entry.sha256: entry.name for entry in base.manifest.inputs}
    for sha256 in found:
        if sha256 in known:
            raise InputError(
                f"{base.root} was made from this very file already ({known[sha256]})",
                cure="add what is new; give a folder of its own to a library made twice",
            )
