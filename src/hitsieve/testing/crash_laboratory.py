"""Dialogs with a laboratory that crash: each command is given again, and what must hold then."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from hitsieve.campaign.dialog import ask_batch, close_batch, tell_results
from hitsieve.campaign.job import open_campaign
from hitsieve.campaign.panel_laboratory import BenchPanel
from hitsieve.engine import SerialExecutor
from hitsieve.oracles.inbox import read_batches
from hitsieve.report.scoreboard import update_scoreboard
from hitsieve.testing.crash import Crash, Point, install
from hitsieve.testing.crash_campaigns import contents
from hitsieve.testing.crash_process import end_as_command, run_process

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.campaign.job import CampaignJob
    from hitsieve.campaign.run import Campaign
    from hitsieve.oracles.inbox.layout import Well

_TRIES: Final = 4
_INBOX: Final = "hitsieve.oracles.inbox"
_FOLDER: Final = "hitsieve.campaign.state:CampaignFolder"


def _point(owner: str, attribute: str, moment: Any, within: str = "", passages: int = 1) -> Point:  # noqa: ANN401 - a Moment
    return Point(owner, attribute, moment, within, passages, in_worker=False)


POINTS: Final = {
    "inbox claimed": _point(f"{_INBOX}.batch", "claim_purpose", "after", passages=2),
    "mid-form": _point("pathlib:Path", "write_bytes", "middle", "batch.csv", 2),
    "batch not linked": _point("hitsieve.store.files", "_link", "before", "batch.json", 2),
    "batch asked": _point(f"{_INBOX}.oracle:InboxOracle", "ask", "after", passages=4),
    "mid-result": _point("pathlib:Path", "write_bytes", "middle", "/results/", 12),
    "result not linked": _point("hitsieve.store.files", "_link", "before", "/results/", 12),
    "result kept": _point(f"{_INBOX}.told:ResultStore", "keep", "after", passages=12),
    "control kept": _point(f"{_INBOX}.controls:ControlStore", "keep", "after", passages=4),
    "told": _point(f"{_INBOX}.oracle:InboxOracle", "tell", "after", passages=4),
    "mid-close": _point("pathlib:Path", "write_bytes", "middle", "closed.json"),
    "closed": _point(f"{_INBOX}.oracle:InboxOracle", "close", "after"),
    "mid-round": _point("pyarrow.parquet", "write_table", "middle", "rounds", 3),
    "round not committed": _point(
        "hitsieve.campaign.state", "write_parquet_atomic", "after", "rounds", 3
    ),
    "mid-commit": _point("pathlib:Path", "write_bytes", "middle", "_commits/.round", 2),
    "round committed": _point(_FOLDER, "finish", "after", passages=2),
    "settled": _point(_FOLDER, "settle", "after"),
    "learned from": _point(_FOLDER, "training_table", "after"),
    "picks": _point(_FOLDER, "choose", "after", passages=2),
    "mid-estimate": _point("pathlib:Path", "write_bytes", "middle", "estimate.json", 3),
    "mid-scoreboard": _point("pathlib:Path", "write_bytes", "middle", "scoreboard.json", 4),
}
"""Points of asking, telling and closing."""


@dataclass(slots=True)
class Dialog:
    """What happened to a dialog that crashed, when each failed command was given again.

    Parameters
    ----------
    crash
        What was asked for.
    happened
        Whether the point was reached.
    codes
        How each process ended: exit codes, negative for signals.
    contents
        The campaign's folder in the end, its inbox too, by relative path.
    """

    crash: Crash
    happened: bool = False
    codes: list[int] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)


def survive_dialog(job: CampaignJob, crash: Crash, scratch: Path) -> Dialog:
    """Ask, tell and close as :data:`COMMANDS` say; what crashes is given again, at most thrice."""
    dialog = Dialog(crash)
    scratch.mkdir(parents=True, exist_ok=True)
    for attempt in range(_TRIES):
        work = partial(_drive, job, None if attempt else crash, scratch)
        code = run_process(work, ["hitsieve.testing.crash_laboratory", "sklearn.ensemble"])
        dialog.codes.append(code)
        if code == 0:
            break
    dialog.happened = (scratch / "fired").exists()
    dialog.contents = contents(job.campaign.folder)
    return dialog


def _drive(job: CampaignJob, crash: Crash | None, scratch: Path) -> None:
    if crash is not None:
        install(crash, scratch / "fired", POINTS, driver=os.getpid())
    end_as_command(partial(_converse, job, scratch))


def _converse(job: CampaignJob, scratch: Path) -> None:
    """Give those commands that have not come to their end before."""
    for number, command in enumerate(COMMANDS):
        done = scratch / f"done-{number}"
        if not done.exists():
            campaign = open_campaign(job, SerialExecutor())
            command(campaign, scratch)
            update_scoreboard(campaign)
            done.touch()


def _wells(campaign: Campaign, number: int) -> list[Well]:
    """Return the wells of a round, controls last."""
    batches = {one.name: one for one in read_batches(campaign.config.folder / "inbox")}
    return sorted(batches[campaign.batch(number)].wells, key=lambda well: bool(well.control))


def _columns(campaign: Campaign) -> list[tuple[str, str]]:
    """Return what stands before the columns of each target in a form, and its unit."""
    oracle = campaign.oracle
    if isinstance(oracle, BenchPanel):
        return [(f"{one.target}: ", one.unit) for one in oracle.bench.configs]
    return [("", "1")]


def _tell(
    campaign: Campaign, path: Path, wells: list[Well], *, plus: int = 0, targets: int | None = None
) -> None:
    """Tell a value of each well and target, the same one whenever it is told."""
    told = _columns(campaign)[:targets]
    lines = [",".join(["plate,well", *(f"{before}value,{before}unit" for before, _ in told)])]
    for well in wells:
        value = ord(well.well[0]) - 60 + int(well.well[1:]) + plus
        cells = [f"{value + number},{unit}" for number, (_, unit) in enumerate(told)]
        lines.append(",".join([well.plate, well.well, *cells]))
    path.write_text("\n".join(lines) + "\n")
    tell_results(campaign, path, revise=bool(plus))


def _tell_half(campaign: Campaign, scratch: Path) -> None:
    _tell(campaign, scratch / "half.csv", _wells(campaign, 0)[:7], targets=1)


def _tell_all(campaign: Campaign, scratch: Path) -> None:
    _tell(campaign, scratch / "all.csv", _wells(campaign, 0))


def _tell_part(campaign: Campaign, scratch: Path) -> None:
    _tell(campaign, scratch / "part.csv", _wells(campaign, 1)[:3])


def _tell_late(campaign: Campaign, scratch: Path) -> None:
    _tell(campaign, scratch / "late.csv", _wells(campaign, 1))


def _revise(campaign: Campaign, scratch: Path) -> None:
    _tell(campaign, scratch / "revised.csv", _wells(campaign, 0)[:2], plus=3)


def _ask(campaign: Campaign, _scratch: Path) -> None:
    ask_batch(campaign)


def _close(campaign: Campaign, _scratch: Path) -> None:
    if campaign.folder.choice(len(campaign.folder.rounds())) is not None:
        close_batch(campaign, "a plate was lost")


COMMANDS: Final[tuple[Callable[[Campaign, Path], None], ...]] = (
    _ask, _tell_half, _tell_all, _ask, _tell_part, _close, _tell_late, _revise,
)  # fmt: skip
"""What is done, one after the other: two rounds, the second of them closed, then more told."""
