"""``hitsieve screen list | show | diff | verify | export | archive | delete``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hitsieve.cli.cascades import cascade_facts, say_cascade
from hitsieve.cli.console import emit_json, emit_pairs, emit_table, say
from hitsieve.cli.options import Json, Models
from hitsieve.cli.quarantines import blocked_in, say_blocked
from hitsieve.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from hitsieve.screen.diff import TargetDiff

Folder = Annotated[Path, typer.Argument(help="Folder of the screen.")]
SHIFTS_SHOWN = 20


def list_screens(
    root: Annotated[Path, typer.Argument(help="Folder that holds screens.")] = Path("screens"),
    models: Models = None,
    as_json: Json = False,
) -> None:
    """List the screens of a folder with their state, and which of their models are quarantined.

    Examples
    --------
    hitsieve screen list screens
    """
    from hitsieve.hits import told_of
    from hitsieve.screen import load_plan
    from hitsieve.screen.catalog import Catalog

    if not root.is_dir():
        raise NotFoundError(f"no folder {root}", cure="name the folder that holds your screens")
    columns = ("name", "state", "targets", "compounds_done", "compounds_total", "problem",
               "quarantined")  # fmt: skip
    rows = [
        (s.name, s.state, ", ".join(s.targets), s.done, s.total, s.problem,
         "" if s.problem else told_of(blocked_in(load_plan(root / s.name), models)))
        for s in Catalog(root).listed()
    ]  # fmt: skip
    if as_json:
        emit_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        emit_table(columns, rows, title=str(root))


def show(folder: Folder, models: Models = None, as_json: Json = False) -> None:
    """Show what a screen was made of, and its runs.

    Examples
    --------
    hitsieve screen show screens/bace
    """
    from hitsieve.hits import plain_blocks
    from hitsieve.screen import load_plan, screen_status
    from hitsieve.screen.journal import past_runs

    plan, status = load_plan(folder), screen_status(folder)
    cascade, blocked = cascade_facts(folder, plan), blocked_in(plan, models)
    facts = {
        "folder": str(folder),
        "state": status.state,
        "fingerprint": plan.fingerprint,
        "library": plan.library,
        "shards": len(plan.shards),
        "compounds": plan.compounds,
    }
    targets = [
        (t.name, t.endpoint, t.unit, t.direction, m.reference, m.sha256[:16])
        for m in plan.models
        for t in m.targets
    ]
    columns = ("target", "endpoint", "unit", "better", "model", "model_sha256")
    runs = past_runs(folder)
    if as_json:
        named = [dict(zip(columns, row, strict=True)) for row in targets]
        told = {"cascade": cascade, "quarantined": plain_blocks(blocked)}
        emit_json({**facts, "targets": named, "runs": runs, **told})
        return
    emit_pairs(facts, title=str(folder))
    say_cascade(cascade)
    say_blocked(blocked)
    emit_table(columns, targets)
    kept = ("started", "state", "host", "executor", "workers", "scored", "seconds")
    emit_table(kept, [[run.get(name, "") for name in kept] for run in runs])


def diff(
    a: Annotated[Path, typer.Argument(help="Folder of a screen.")],
    b: Annotated[Path, typer.Argument(help="Folder of another.")],
    top: Annotated[int, typer.Option(min=1, max=100_000, help="Best compounds compared.")] = 100,
    models: Models = None,
    as_json: Json = False,
) -> None:
    """Compare two screens: what they were made of, and how the best compounds moved.

    Examples
    --------
    hitsieve screen diff screens/bace-spring screens/bace-autumn --top 50
    """
    from dataclasses import asdict

    from hitsieve.hits import plain_blocks
    from hitsieve.screen import load_plan
    from hitsieve.screen.diff import diff_screens

    found = diff_screens(a, b, k=top)
    blocked = {k: v for each in (a, b) for k, v in blocked_in(load_plan(each), models).items()}
    if as_json:
        emit_json({**asdict(found), "quarantined": plain_blocks(blocked)})
        return
    say_blocked(blocked)
    emit_table(("differs", "how"), [(c.part, c.message) for c in found.causes], title="causes")
    if not found.causes:
        say("both are made of the same library, models and targets")
    for target in found.targets:
        _show_target(target)


def verify(folder: Folder, as_json: Json = False) -> None:
    """Compare every file of a screen with its checksum, and all counts with each other.

    Ends with 6 if anything differs.

    Examples
    --------
    hitsieve screen verify screens/bace
    """
    from hitsieve.screen.verify import verify_screen

    found = verify_screen(folder)
    facts = {
        "files": found.files,
        "rows": found.rows,
        "complete": found.complete,
        "problems": len(found.problems),
    }
    if as_json:
        emit_json({**facts, "problems": list(found.problems)})
    else:
        emit_pairs(facts)
    found.raise_problems()


def export(
    folder: Folder,
    out: Annotated[Path, typer.Option("--out", help="File to write: .parquet or .csv.")],
    target: Annotated[
        list[str] | None, typer.Option(help="Target; all by default. May be repeated.")
    ] = None,
    top: Annotated[int | None, typer.Option(min=1, help="The best so many only.")] = None,
    models: Models = None,
) -> None:
    """Write the scores of a screen into one file; `hitsieve hits` writes annotated hit lists.

    The column `quarantined` tells what blocks the model since it scored.

    Examples
    --------
    hitsieve screen export screens/bace --out bace.parquet

    hitsieve screen export screens/bace --target BACE1 --top 1000 --out best.csv
    """
    from hitsieve.screen import load_plan
    from hitsieve.screen.export import export_scores
    from hitsieve.screen.plan import output_of
    from hitsieve.screen.scores import Scores

    plan = load_plan(folder)
    pairs = [(t.name, m.reference) for m in plan.models for t in m.targets]
    for name in target or []:
        if name not in {known for known, _ in pairs}:
            output_of(plan, name, None)  # says what is nearest
    chosen = [pair for pair in pairs if not target or pair[0] in target]
    by = {reference for _, reference in chosen}
    blocked = {k: block for k, block in blocked_in(plan, models).items() if k in by}
    told = {reference: block.told(reference) for reference, block in blocked.items()}
    scores = [Scores.open(folder, *pair) for pair in chosen]
    rows = export_scores(scores, out, top=top, quarantined=told)
    say_blocked(blocked)
    say(f"wrote {out}: {rows:,} rows", style="green")


def archive(
    folder: Folder,
    out: Annotated[Path, typer.Option("--out", help="File to write: .tar.")],
    runs: Annotated[bool, typer.Option("--runs", help="Include the journals of runs.")] = False,
) -> None:
    """Verify a screen and pack it into one file; unpack it with tar.

    Examples
    --------
    hitsieve screen archive screens/bace --out bace.tar
    """
    from hitsieve.screen.archive import archive_screen

    files = archive_screen(folder, out, journals=runs)
    say(f"wrote {out}: {files:,} files", style="green")


def delete(
    folder: Folder,
    yes: Annotated[bool, typer.Option("--yes", help="Do it.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Even if a run seems to be working on it.")
    ] = False,
) -> None:
    """Delete a screen with all its scores.

    Examples
    --------
    hitsieve screen delete screens/old --yes
    """
    from hitsieve.screen import screen_status
    from hitsieve.screen.archive import delete_screen

    if not yes:
        status = screen_status(folder)
        raise UsageError(
            f"{folder} ({status.state}, {status.rows:,} scores) would be deleted",
            cure="say --yes, or archive it first",
        )
    delete_screen(folder, running=force)
    say(f"deleted {folder}", style="yellow")


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(name="list")(list_screens)
    for command in (show, diff, verify, export, archive, delete):
        app.command()(command)


def _show_target(target: TargetDiff) -> None:
    say(
        f"{target.target}: {target.model_a} and {target.model_b}: {target.common:,} common scores, "
        f"{target.identical:,} equal, correlation {_number(target.correlation)}, "
        f"{target.overlap} of the best in both"
    )
    moved = sorted(target.shifts, key=lambda s: -abs(s.shift) if s.shift is not None else -(10**12))
    rows = [
        (target.target, s.compound_id, _number(s.rank_a), _number(s.rank_b), _number(s.shift),
         _number(s.score_a), _number(s.score_b))
        for s in moved[:SHIFTS_SHOWN]
        if s.shift != 0
    ]  # fmt: skip
    columns = ("target", "compound_id", "rank_a", "rank_b", "shift", "score_a", "score_b")
    emit_table(columns, rows, title="moved most")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
