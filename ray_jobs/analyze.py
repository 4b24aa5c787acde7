"""Turn a screen into hit lists and a report: python ray_jobs/analyze.py analysis.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

import job

from hitsieve.config import load_config

if TYPE_CHECKING:
    from pathlib import Path


def analyze(path: Path) -> str:
    """Write the files a configuration asks for."""
    from hitsieve.report.analyze import AnalysisConfig
    from hitsieve.report.analyze import analyze as write

    done = write(load_config(AnalysisConfig, path))
    return f"{done.folder}: {done.hits} hits of {done.targets} targets in {len(done.files)} files"


if __name__ == "__main__":
    job.run(analyze)
