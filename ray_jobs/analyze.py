"""Turn a screen into hit lists and a report: python ray_jobs/analyze.py analysis.yaml."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import job

from hitsieve.config import load_config

if TYPE_CHECKING:
    from pathlib import Path

_LOG = logging.getLogger("hitsieve.job")


def analyze(path: Path) -> str:
    """Write the files a configuration asks for."""
    from hitsieve.report.analyze import AnalysisConfig
    from hitsieve.report.analyze import analyze as write

    done = write(load_config(AnalysisConfig, path))
    told = f"{done.folder}: {done.hits} hits of {done.targets} targets in {len(done.files)} files"
    if not done.blocked:
        return told
    _LOG.warning("%s; choose no compound by its scores", done.blocked)
    return f"{told}; {done.blocked}"


if __name__ == "__main__":
    job.run(analyze)
