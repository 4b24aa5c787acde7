"""``hitsieve campaign``: find the best compounds by measuring few of them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from hitsieve.cli.campaign_best import best
from hitsieve.cli.campaign_shown import show_answer, show_closed, show_status
from hitsieve.cli.configs import show_plan
from hitsieve.cli.console import emit, emit_json, emit_pairs, emit_table, progress, say
from hitsieve.cli.failures import resumable
from hitsieve.cli.options import DryRun, Executor, Json, Workers
from hitsieve.cli.settings import load_settings
from hitsieve.errors import UsageError

app = typer.Typer(no_args_is_help=True, help="Find the best compounds by measuring few of them.")
app.command()(best)
_REFUSED = 3
Folder = Annotated[Path, typer.Argument(help="Folder of the campaign.")]


@app.command()
def start(
    config: Annotated[Path, typer.Argument(help="YAML file: campaign, and what measures.")],
    dry_run: DryRun = False,
) -> None:
    """Begin a campaign in the folder its file names, and print that folder.

    Where `library` in the file is a folder, that is the pool. Where it names reactions and
    reagents, their products are, and none is made before it is picked.

    Given again with more rounds or another budget, the campaign goes on under those.

    Examples
    --------
    hitsieve campaign start campaign.yaml

    hitsieve campaign start campaign.yaml --dry-run
    """
    from hitsieve.campaign.job import (
        absolute_job,
        asks_by_files,
        check_job,
        pool_words,
        read_job,
        start_job,
    )

    job = read_job(config)
    for sentence in check_job(absolute_job(job)):
        say(sentence, style="yellow")
    if dry_run:
        where = f"a campaign over {pool_words(job)} would begin in {job.campaign.folder}"
        show_plan(absolute_job(job), where)
        return
    folder = start_job(job)
    emit_pairs({"folder": str(folder)})
    verb = "ask" if asks_by_files(job) else "run"
    say(f"go on with: hitsieve campaign {verb} {shlex.quote(str(folder))}")


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
    from hitsieve.report.scoreboard import update_scoreboard

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
    update_scoreboard(campaign)
    show_status(campaign_status(campaign), as_json=as_json)


@app.command()
def ask(
    folder: Folder,
    executor: Executor = None,
    workers: Workers = None,
    as_json: Json = False,
) -> None:
    """Choose the next round and write its batch for the laboratory; print the files.

    Given again before results are told, it writes the same batch.

    Examples
    --------
    hitsieve campaign ask campaigns/bench
    """
    from hitsieve.campaign.dialog import ask_batch
    from hitsieve.campaign.job import load_job, open_campaign
    from hitsieve.engine import open_executor
    from hitsieve.report.scoreboard import update_scoreboard

    settings = load_settings(executor=executor, workers=workers)
    with (
        resumable("the campaign"),
        progress("campaign") as report,
        open_executor(settings.executor, settings.workers) as opened,
    ):
        campaign = open_campaign(
            load_job(folder), opened, progress=lambda stage, done, of: report(done, of, stage)
        )
        asked = ask_batch(campaign)
        update_scoreboard(campaign)
    if as_json:
        emit_json(asked.to_dict())
        return
    if asked.ending is not None:
        say(f"nothing to ask, the campaign has ended: {asked.ending.words}", style="yellow")
        return
    say(f"round {asked.round}: {asked.compounds} compounds, {asked.waiting} without result")
    emit_table(("file",), [[str(path)] for path in asked.files])


@app.command()
def tell(
    folder: Folder,
    file: Annotated[
        Path | None, typer.Argument(help="CSV or XLSX file of results, from the batch's form.")
    ] = None,
    revise: Annotated[
        bool, typer.Option("--revise", help="Let values correct those told before.")
    ] = False,
    close: Annotated[
        str | None, typer.Option(help="Why nothing more will come for the asked batch.")
    ] = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Take results from the laboratory: partial, repeated, censored, failed, in any order.

    Each result counts once, however often it is told. Rows with unknown compounds or wrong
    units are refused with a list, and the others are taken (exit code 3 if any is refused).

    Examples
    --------
    hitsieve campaign tell campaigns/bench results.xlsx

    hitsieve campaign tell campaigns/bench --close "plate 3 was lost"
    """
    from hitsieve.campaign.dialog import close_batch, tell_results
    from hitsieve.campaign.job import load_job, open_campaign
    from hitsieve.engine import SerialExecutor
    from hitsieve.report.scoreboard import update_scoreboard

    if (file is None) == (close is None):
        raise UsageError("give a file of results, or --close with a reason")
    with SerialExecutor() as executor:
        campaign = open_campaign(load_job(folder), executor)
        if file is None:
            closed = close_batch(campaign, str(close), dry_run=dry_run)
        else:
            told = tell_results(campaign, file, revise=revise, dry_run=dry_run)
        if not dry_run:
            update_scoreboard(campaign)
    if file is None:
        show_closed(closed, as_json=as_json, dry_run=dry_run)
        return
    show_answer(told, as_json=as_json, dry_run=dry_run)
    if told.refused:
        raise typer.Exit(_REFUSED)


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
        show_status(campaign_status(open_campaign(load_job(folder), executor)), as_json=as_json)


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


@app.command()
def report(
    folder: Folder,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="HTML file; report.html in the folder if not given."),
    ] = None,
    title: Annotated[str, typer.Option(help="Heading of the page.")] = "",
) -> None:
    """Write what a campaign found, learned and cost as one HTML page, and print its path.

    Examples
    --------
    hitsieve campaign report campaigns/docking --out docking.html
    """
    from hitsieve.campaign.job import load_job, open_campaign
    from hitsieve.engine import SerialExecutor
    from hitsieve.report.campaign import campaign_report, write_campaign_report

    with SerialExecutor() as executor:
        found = campaign_report(open_campaign(load_job(folder), executor), title=title)
    path = out or folder / "report.html"
    write_campaign_report(found, path)
    emit(str(path))
