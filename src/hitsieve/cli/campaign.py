"""``hitsieve campaign``: find the best compounds by measuring few of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hitsieve.cli.configs import show_plan
from hitsieve.cli.console import emit_json, emit_pairs, emit_table, progress, say
from hitsieve.cli.failures import resumable
from hitsieve.cli.options import DryRun, Executor, Json, Workers
from hitsieve.cli.settings import load_settings

if TYPE_CHECKING:
    from hitsieve.campaign.status import CampaignStatus

app = typer.Typer(no_args_is_help=True, help="Find the best compounds by measuring few of them.")
Folder = Annotated[Path, typer.Argument(help="Folder of the campaign.")]


@app.command()
def start(
    config: Annotated[Path, typer.Argument(help="YAML file: campaign, oracle and surrogate.")],
    dry_run: DryRun = False,
) -> None:
    """Begin a campaign in the folder its file names, and print that folder.

    Given again with more rounds or another budget, the campaign goes on under those.

    Examples
    --------
    hitsieve campaign start campaign.yaml

    hitsieve campaign start campaign.yaml --dry-run
    """
    from hitsieve.campaign.job import CampaignJob, start_job
    from hitsieve.config import load_config

    job = load_config(CampaignJob, config)
    if dry_run:
        show_plan(job, f"a campaign would begin in {job.campaign.folder}")
        return
    folder = start_job(job)
    emit_pairs({"folder": str(folder)})
    say(f"go on with: hitsieve campaign run {folder}")


@app.command()
def run(
    folder: Folder,
    executor: Executor = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Run a campaign to its end, or go on with an interrupted one.

    With a laboratory as oracle it stops where results are awaited, with exit code 5.

    Examples
    --------
    hitsieve campaign run campaigns/docking

    hitsieve campaign run campaigns/docking --executor ray --workers 8
    """
    from hitsieve.campaign.job import load_job, open_campaign
    from hitsieve.campaign.status import campaign_status
    from hitsieve.engine import open_executor

    settings = load_settings(executor=executor, workers=workers)
    job = load_job(folder)
    with (
        resumable("the campaign"),
        progress("campaign") as report,
        open_executor(settings.executor, settings.workers) as opened,
    ):
        campaign = open_campaign(
            job, opened, progress=lambda stage, done, total: report(done, total, stage)
        )
        campaign.run()
    _show(campaign_status(campaign), as_json=as_json)


@app.command()
def status(folder: Folder, as_json: Json = False) -> None:
    """Show how far a campaign is, round by round.

    Examples
    --------
    hitsieve campaign status campaigns/docking
    """
    from hitsieve.campaign.job import load_job, open_campaign
    from hitsieve.campaign.status import campaign_status
    from hitsieve.engine import SerialExecutor

    with SerialExecutor() as executor:
        _show(campaign_status(open_campaign(load_job(folder), executor)), as_json=as_json)


@app.command()
def stop(
    folder: Folder,
    reason: Annotated[str, typer.Option(help="Why; kept with the campaign.")] = "stopped by hand",
    undo: Annotated[bool, typer.Option("--undo", help="Let a stopped campaign go on.")] = False,
) -> None:
    """End a campaign by hand; what is finished stays, and a run that goes on ends after its round.

    Examples
    --------
    hitsieve campaign stop campaigns/docking --reason "budget of the quarter is spent"

    hitsieve campaign stop campaigns/docking --undo
    """
    from hitsieve.campaign.job import load_job, open_campaign
    from hitsieve.engine import SerialExecutor

    with SerialExecutor() as executor:
        campaign = open_campaign(load_job(folder), executor)
    if undo:
        say("goes on" if campaign.folder.resume() else "it was not stopped")
        return
    campaign.folder.stop(reason)
    say(f"stopped: {campaign.folder.stopped}")


def _show(found: CampaignStatus, *, as_json: bool) -> None:
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
        },
        title=found.name,
    )
    names = (
        "number", "state", "model", "picks", "controls", "failed", "best", "best_so_far", "cost",
        "spearman",
    )  # fmt: skip
    emit_table(names, [[_cell(getattr(one, name)) for name in names] for one in found.rounds])


def _cell(value: Any) -> object:  # noqa: ANN401 - a number or text
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else value
