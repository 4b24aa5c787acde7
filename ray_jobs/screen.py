"""Screen a library: python ray_jobs/screen.py screen.yaml."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import job

from hitsieve.config import load_config

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.screen import Progress

_LOG = logging.getLogger("hitsieve.job")


def screen(path: Path) -> str:
    """Run the screen a configuration file describes, or go on with it."""
    from hitsieve.screen import ScreenConfig, run_screen

    done = run_screen(load_config(ScreenConfig, path), progress=report)
    return (
        f"{done.folder}: {done.units} shards, {done.scored} scored now, "
        f"{done.compounds_per_second:.0f} compounds/s"
    )


def report(progress: Progress) -> None:
    """Log how far it is after each shard."""
    _LOG.info("%d of %d shards, %d failed", progress.done, progress.total, progress.failed)


if __name__ == "__main__":
    job.run(screen)
