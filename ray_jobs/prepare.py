"""Prepare a library: python ray_jobs/prepare.py library.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

import job

from hitsieve.config import load_config

if TYPE_CHECKING:
    from pathlib import Path


def prepare(path: Path) -> str:
    """Build the library a configuration file describes, or go on with it."""
    from hitsieve.library import LibraryConfig, build_library

    config = load_config(LibraryConfig, path)
    with job.executor() as executor:
        return build_library(config, executor).table


if __name__ == "__main__":
    job.run(prepare)
