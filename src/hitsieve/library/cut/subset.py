"""Cutting a library out of another, in committed steps that can be interrupted anywhere."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from hitsieve.chem.policy import ChemPolicy
from hitsieve.engine import Limits, Task
from hitsieve.errors import ConfigError, IncompleteError
from hitsieve.library.alone import build_alone
from hitsieve.library.build import Meter
from hitsieve.library.counts import Counts
from hitsieve.library.cut.selection import Selection
from hitsieve.library.cut.wanted import read_wanted
from hitsieve.library.cut.work import (
    Cut,
    open_choice,
    open_writing,
    ranks,
    read_staged,
    staged_key,
)
from hitsieve.library.finish import counts_entry, sweep
from hitsieve.library.isolate import raise_if_final
from hitsieve.library.layout import MANIFEST, shard_count, shard_key, shard_path, withdrawn_path
from hitsieve.library.library import Library
from hitsieve.library.manifest import FileEntry, Manifest, Origin
from hitsieve.library.plan import claim_folder, refuse_foreign_folder
from hitsieve.provenance import fingerprint, sha256_file, versions
from hitsieve.store.layout import shard_name
from hitsieve.store.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.engine import Executor, Work
    from hitsieve.library.cut.selection import SubsetConfig
    from hitsieve.library.plan import Plan
    from hitsieve.library.progress import OnProgress, Stage


@dataclass(frozen=True, slots=True)
class SubsetSummary:
    """What a cut did.

    Parameters
    ----------
    output, manifest
        The new library.
    not_found
        Entries of the lists that no compound of the library answers to, sorted; empty if the
        subset was there already.
    """

    output: Path
    manifest: Manifest
    not_found: tuple[str, ...]


def cut_subset(
    config: SubsetConfig, executor: Executor, progress: OnProgress | None = None
) -> SubsetSummary:
    """Copy the compounds that pass every condition into a new library; nothing is featurized.

    Raises
    ------
    ConfigError
        If the output holds something else, or a cut with other conditions.
    NotFoundError, InputError
        If the library or a list cannot be read.
    IncompleteError
        If a shard could not be worked off; running again goes on.
    """
    base = Library.open(config.library)
    if config.output.absolute() == base.root.absolute():
        raise ConfigError(f"output {config.output} is the library itself", cure="choose another")
    refuse_foreign_folder(config.output)
    policy = ChemPolicy.model_validate(base.manifest.plan["policy"])
    wanted = read_wanted(config.ids, config.structures, policy, config.output)
    selection = Selection.model_validate(config.model_dump(exclude={"library", "output"}))
    plan = _plan(base, selection, wanted.sha256 if wanted else ())
    claim_folder(config.output, plan)
    root = config.output.absolute()
    cut = Cut(root, base.root.absolute(), selection, wanted, fingerprint(plan))
    done = build_alone(root, lambda: _cut(cut, plan, base, executor, progress))
    manifest, missing = done or (Library.open(root).manifest, ())
    return SubsetSummary(config.output, manifest, missing)


def _cut(
    cut: Cut, plan: Plan, base: Library, executor: Executor, progress: OnProgress | None
) -> tuple[Manifest, tuple[str, ...]]:
    """Return the manifest of the new library, and which entries of the lists were not found."""
    root, selection, wanted = cut.root, cut.selection, cut.wanted
    Ledger(root).sweep_temporaries()
    olds = range(len(base.shards))
    _run(executor, cut, open_choice, {staged_key(i): i for i in olds}, ("select", progress))
    commits = Ledger(root).committed(cut.fingerprint)
    found = {name for i in olds for name in commits[staged_key(i)].extra["found"]}
    rows = sum(commits[staged_key(i)].rows for i in olds)
    if selection.sample is not None and selection.sample < rows:
        rows = selection.sample
        cut = replace(cut, below=_rank_limit(cut, len(base.shards)))
    cut = replace(cut, shards=min(shard_count(rows, plan["shard_rows"]), len(base.shards)))
    news = range(cut.shards)
    _run(executor, cut, open_writing, {shard_key(i): i for i in news}, ("write", progress))
    manifest = _manifest(cut, plan, base)
    manifest.write(root)
    sweep(root)
    missing = sorted(wanted.entries - found) if wanted else []
    return manifest, tuple(missing)


def _plan(base: Library, selection: Selection, lists: tuple[str, ...]) -> Plan:
    """Return what the rows depend on; chemistry and shard size are the base's."""
    old = base.manifest.plan
    kept = ("policy", "standardizer", "featurizer", "shard_rows", "schema_version", "rdkit")
    conditions = selection.model_dump(mode="json", exclude={"ids", "structures"})
    return {
        **{name: old[name] for name in kept},
        "base": sha256_file(base.root / MANIFEST),
        "selection": conditions,
        "lists": list(lists),
    }


def _run(
    executor: Executor,
    cut: Cut,
    step: Callable[[Cut], Work[int, int]],
    keys: dict[str, int],
    told: tuple[Stage, OnProgress | None],
) -> None:
    """Work off all pieces of a step that are not committed yet."""
    done = Ledger(cut.root).committed(cut.fingerprint)
    missing = {key: index for key, index in keys.items() if key not in done}
    meter = Meter(told[0], len(keys), told[1])
    meter.add(len(keys) - len(missing), 0, fresh=False)
    tasks = (Task(key, index) for key, index in missing.items())
    for outcome in executor.map(partial(step, cut), tasks, Limits()):
        if not outcome.ok:
            raise_if_final(outcome, outcome.key)
            raise IncompleteError(f"{outcome.key}: {outcome.error}", cure="run it again")
        meter.add(1, 0)


def _rank_limit(cut: Cut, shards: int) -> int:
    """Return the rank below which exactly the sample lies; holds no more than its ranks."""
    wanted = cut.selection.sample or 0
    lowest = np.empty(0, np.uint64)
    for index in range(shards):
        ids = read_staged(cut.root, index).column("compound_id").to_pylist()
        lowest = np.sort(np.concatenate([lowest, ranks(ids, cut.selection.seed)]))[:wanted]
    return int(lowest[-1]) + 1


def _manifest(cut: Cut, plan: Plan, base: Library) -> Manifest:
    committed = Ledger(cut.root).committed(cut.fingerprint)
    commits = [committed[shard_key(index)] for index in range(cut.shards)]
    counts = Counts()
    for commit in commits:
        counts.merge(Counts.from_json(commit.extra["counts"]))
    rows = sum(commit.rows for commit in commits)
    shared: dict[str, Any] = {
        name: getattr(base.manifest, name)
        for name in ("standardizer", "featurizer", "inputs", "duplicate_ids", "releases")
    }
    named = [(shard_name(index), commit) for index, commit in enumerate(commits)]
    return Manifest(
        **shared,
        plan=plan,
        counts=counts_entry(counts, rows),
        shards=[
            FileEntry(name=name, rows=commit.rows, sha256=commit.files[shard_path(index)])
            for index, (name, commit) in enumerate(named)
        ],
        rejects=[],
        withdrawn=[
            FileEntry(name=name, rows=commit.extra["withdrawn"], sha256=commit.files[path])
            for name, commit in named
            if (path := withdrawn_path(name)) in commit.files
        ],
        origin=Origin(
            kind="subset",
            base=plan["base"],
            changes={"chosen": rows, "left_out": len(base) - rows},
        ),
        versions=versions(),
    )
