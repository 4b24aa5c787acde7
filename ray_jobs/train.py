"""Train and register a model: python ray_jobs/train.py train.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING

import job

from hitsieve.config import load_config

if TYPE_CHECKING:
    from pathlib import Path


def train(path: Path) -> str:
    """Train the model a configuration file describes, one task for each ensemble member."""
    from hitsieve.modeling.config import TrainConfig
    from hitsieve.modeling.train import train_model

    config = load_config(TrainConfig, path)
    with job.executor() as executor:
        trained = train_model(config, executor)
    return f"{trained.entry.reference} in {trained.entry.folder}"


if __name__ == "__main__":
    job.run(train)
