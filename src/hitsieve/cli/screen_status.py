"""``hitsieve screen status``: how far a screen is, once or until it ends."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hitsieve.cli.cascades import cascade_facts, say_cascade
from hitsieve.cli.console import emit, emit_json, emit_pairs, emit_table, say
from hitsieve.cli.options import Json, Models
from hitsieve.cli.quarantines import blocked_in, say_blocked

if TYPE_CHECKING:
    from hitsieve.screen import ScreenStatus


_CLEAR = "\x1b[H\x1b[2J"


def status(
    folder: Annotated[Path, typer.Argument(help="Folder of the screen.")],
    top: Annotated[int, typer.Option(min=0, help="Best compounds so far to show.")] = 0,
    watch: Annotated[
        bool, typer.Option("--watch", help="Show it again and again until no run goes on.")
    ] = False,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = 2.0,
    models: Models = None,
    as_json: Json = False,
) -> None:
    """Show how far a screen is, how fast, and what its best compounds are so far.

    Read from its folder alone, so it works from any machine that sees the folder, also while
    the screen runs and after it was killed. A model that was quarantined since is warned of.

    Examples
    --------
    hitsieve screen status screens/bace --top 5

    hitsieve screen status screens/bace --watch
    """
    from hitsieve.screen import screen_status

    while True:
        found = screen_status(folder, top)
        _show(found, models, as_json=as_json, clear=watch and sys.stdout.isatty())
        running = found.live is not None and found.live.get("state") == "running"
        if not watch or found.complete or not running:
            return
        sys.stdout.flush()
        time.sleep(every)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(status)


def _show(found: ScreenStatus, models: Path | None, *, as_json: bool, clear: bool) -> None:
    from hitsieve.hits import plain_blocks
    from hitsieve.screen import load_plan

    plan = load_plan(found.folder)
    facts = {**_facts(found), **_speed(found)}
    cascade, blocked = cascade_facts(found.folder, plan), blocked_in(plan, models)
    if as_json:
        emit_json(
            {**facts, **_told(found), "cascade": cascade, "quarantined": plain_blocks(blocked)}
        )
        return
    if clear:
        emit(_CLEAR)
    emit_pairs(facts, title=str(found.folder))
    say_cascade(cascade)
    say_blocked(blocked)
    for shard, error in found.failed.items():
        say(f"failed: {shard}: {error}", style="yellow")
    _show_nodes(found)
    _show_enrichment(found)
    for (target, model), table in found.top.items():
        rows = [
            (r["compound_id"], r["score"], r["lower"], r["upper"], r["in_domain"])
            for r in table.to_pylist()
        ]
        columns = ("compound_id", "score", "lower", "upper", "in_domain")
        emit_table(columns, rows, title=f"{target} by {model}")


def _told(found: ScreenStatus) -> dict[str, object]:
    tops = [
        {"target": target, "model": model, "hits": table.to_pylist()}
        for (target, model), table in found.top.items()
    ]
    return {"failed": found.failed, "top": tops, "live": found.live}


def _facts(status: ScreenStatus) -> dict[str, object]:
    return {
        "folder": str(status.folder),
        "state": status.state,
        "fingerprint": status.fingerprint,
        "shards_done": status.done,
        "shards_total": status.total,
        "shards_failed": len(status.failed),
        "compounds_done": status.compounds_done,
        "compounds_total": status.compounds_total,
        "rows": status.rows,
    }


def _speed(status: ScreenStatus) -> dict[str, object]:
    live = status.live or {}
    names = {"state": "run", "compounds_per_second": "compounds_per_second",
             "seconds_left": "seconds_left", "updated": "updated"}  # fmt: skip
    return {shown: live[name] for name, shown in names.items() if live.get(name) is not None}


def _show_nodes(status: ScreenStatus) -> None:
    nodes: list[dict[str, Any]] = (status.live or {}).get("nodes", [])
    columns = ("node", "shards", "compounds", "compounds_per_second")
    if nodes:
        emit_table(columns, [[node.get(name, "") for name in columns] for node in nodes])


def _show_enrichment(status: ScreenStatus) -> None:
    for entry in (status.live or {}).get("targets", []):
        found = entry.get("enrichment")
        if found and found["factor"] is not None:
            say(
                f"{entry['target']} by {entry['model']}: among the best {found['picked']:,} of "
                f"{found['of']:,} expect {found['hit_rate']:.0%} actives, {found['factor']:g} "
                f"times a random choice (rests on {found['rests_on']:,} compounds so far)"
            )
        spiked = entry.get("controls")
        if spiked:
            say(
                f"{entry['target']} by {entry['model']}: {spiked['actives']} known actives are "
                f"better than {spiked['auc']:.1%} of the library, {spiked['enrichment']:g} times "
                f"enriched in its best 1 % (over {spiked['shards']:,} shards)"
            )
