"""Run an active-learning campaign: python ray_jobs/campaign.py campaign.yaml."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import job

if TYPE_CHECKING:
    from pathlib import Path

_LOG = logging.getLogger("hitsieve.job")


def campaign(path: Path) -> str:
    """Run the campaign a configuration file describes, or go on with it."""
    from hitsieve.campaign.job import check_job, open_campaign, read_job, start_job
    from hitsieve.report.scoreboard import update_scoreboard

    config = read_job(path)
    for sentence in check_job(config):
        _LOG.warning(sentence)
    start_job(config)  # so that status and report find it by its folder
    with job.executor() as executor:
        opened = open_campaign(config, executor, progress=report)
        done = opened.run()
        update_scoreboard(opened)
    return f"{done.folder}: {len(done.rounds)} rounds, {done.measured} compounds measured"


def report(stage: str, done: int, total: int) -> None:
    """Log how far each stage is."""
    _LOG.info("%s: %d of %d", stage, done, total)


if __name__ == "__main__":
    job.run(campaign)
