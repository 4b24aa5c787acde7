"""What the commands of a campaign print."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hitsieve.cli.console import emit_json, emit_pairs, emit_table, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hitsieve.campaign.dialog import Answer, Closed
    from hitsieve.campaign.status import CampaignStatus
    from hitsieve.oracles.inbox import PlateQuality

_COLUMNS = (
    "number", "state", "model", "picks", "controls", "missing", "failed", "bounds", "best",
    "best_so_far", "cost", "spearman",
)  # fmt: skip


def show_status(found: CampaignStatus, *, as_json: bool) -> None:
    """Print how far a campaign is."""
    from hitsieve.campaign.front import FRONT

    if as_json:
        emit_json(found.to_dict())
        return
    ended = "goes on" if found.ending is None else f"{found.ending.why}: {found.ending.words}"
    emit_pairs(
        {
            "folder": str(found.folder),
            "target": found.target,
            "pool": found.pool,
            "measured": found.measured,
            "ended": ended,
            **({} if found.front is None else {"front": f"{found.front}, in {FRONT}"}),
        },
        title=found.name,
    )
    for one in found.rounds:
        if one.found:
            say(f"after round {one.number}: {one.found}")
        if one.missing:
            say(f"round {one.number} waits: {one.missing} of {one.picks} compounds miss results")
    emit_table(_COLUMNS, [[_cell(getattr(one, name)) for name in _COLUMNS] for one in found.rounds])


def show_answer(told: Answer, *, as_json: bool, dry_run: bool) -> None:
    """Print what came of a file of results."""
    facts = {
        "taken": told.taken,
        "known": told.known,
        "controls": told.controls,
        "empty": told.empty,
        "refused": len(told.refused),
        "waiting": told.waiting,
    }
    refused = [asdict(one) for one in told.refused]
    if as_json:
        plates = [asdict(one) for one in told.plates]
        emit_json({**facts, "refused_rows": refused, "plates": plates, "dry_run": dry_run})
        return
    emit_pairs(facts)
    if refused:
        emit_table(list(refused[0]), [list(row.values()) for row in refused])
    _show_plates(told.plates)
    if dry_run:
        say("nothing was kept: this was a dry run")


def show_closed(closed: Closed, *, as_json: bool, dry_run: bool) -> None:
    """Print what closing a batch did, or would do."""
    if as_json:
        emit_json({**asdict(closed), "dry_run": dry_run})
        return
    verb = "would close" if dry_run else "closed"
    say(
        f"{verb} round {closed.round}: {closed.missing} of {closed.compounds} compounds "
        "without a result"
    )


def _show_plates(plates: Sequence[PlateQuality]) -> None:
    if plates:
        rows = [asdict(one) for one in plates]
        emit_table(list(rows[0]), [[_cell(value) for value in row.values()] for row in rows])
    for one in plates:
        if one.doubtful:
            say(
                f"plate {one.plate}: Z' {one.z_prime:.2f} of {one.positive} and {one.negative} is "
                "below 0.5; look at the plate before you trust its results",
                style="yellow",
            )


def _cell(value: Any) -> object:  # noqa: ANN401 - a number or text
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else value
