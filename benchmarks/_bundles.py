"""Bundles of the default network with random weights: speed does not depend on what was learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import torch

from hitsieve.calibration.conformal import ConformalIntervals
from hitsieve.calibration.domain import FingerprintDomain
from hitsieve.calibration.temperature import TemperatureScaling
from hitsieve.chem.policy import ChemPolicy
from hitsieve.library import Library
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.registry.bundle import write_bundle
from hitsieve.registry.card import DataSource, ModelCard, TargetSizes
from hitsieve.registry.config import BundleConfig, TargetConfig
from hitsieve.registry.contents import GOLDEN_SCHEMA, TRAINING_SCHEMA, BundleContents
from hitsieve.registry.fingerprints import installed_fingerprints
from hitsieve.scoring.batch import BATCH_COLUMNS, CompoundBatch
from hitsieve.scoring.gnn import GnnScorer

if TYPE_CHECKING:
    from pathlib import Path

GOLDEN = 200
TRAINING = 1000
THRESHOLD = 0.4


def write_random_bundle(
    folder: Path,
    library: Path,
    *,
    targets: int = 1,
    members: int = 1,
    seed: int = 0,
    network: NetworkConfig | None = None,
) -> Path:
    """Write a bundle named after ``folder``'s parent; return ``folder``.

    Golden molecules and the 1,000 compounds of its domain are the first of a library.
    """
    config = network or NetworkConfig()
    torch.manual_seed(seed)
    batch = _first(library, TRAINING)
    golden = CompoundBatch.from_smiles(batch.smiles.slice(0, GOLDEN).to_pylist())
    columns = [_target(f"t{number:03d}") for number in range(targets)]
    networks = [build_network(config, targets) for _ in range(members)]
    settings = {
        "network": config.model_dump(mode="json"),
        "policy": ChemPolicy().model_dump(mode="json"),
    }
    contents = BundleContents(
        config=BundleConfig(
            name=folder.parent.name,
            members=members,
            targets=tuple(columns),
            **settings,
            **installed_fingerprints(settings["policy"], settings["network"]),
        ),
        weights={
            f"member{i}.{name}": value
            for i, member in enumerate(networks)
            for name, value in member.state_dict().items()
        },
        calibration={
            "intervals": ConformalIntervals(
                0.9,
                np.full(targets, 1.6),
                np.full(targets, 0.5),
                np.full(targets, 500),
                ("conformal",) * targets,
            ).to_dict(),
            "temperature": TemperatureScaling(np.ones(targets), ("none",) * targets).to_dict(),
        },
        domain=FingerprintDomain(batch.morgan, THRESHOLD).to_arrays(),
        golden=_golden(GnnScorer(networks, columns), golden),
        training=_training(batch, targets),
        baseline={"none": np.zeros(1)},
        card=_card(folder.parent.name, columns),
    )
    write_bundle(folder, contents)
    return folder


def _first(library: Path, n: int) -> CompoundBatch:
    opened = Library.open(library)
    name = opened.manifest.shards[0].name
    table = opened.read_shard(name, columns=list(BATCH_COLUMNS))
    return CompoundBatch.from_library(table.slice(0, n))


def _target(name: str) -> TargetConfig:
    return TargetConfig(
        name=name, endpoint="pIC50", unit="pX", direction="higher", task="regression", mean=6.0
    )


def _golden(scorer: GnnScorer, batch: CompoundBatch) -> pa.Table:
    found = scorer.score(batch)
    texts = batch.smiles.to_pylist()
    return pa.table(
        {
            "smiles": [text for text in texts for _ in scorer.targets],
            "target": list(scorer.targets) * len(texts),
            "mean": found.mean.reshape(-1),
            "std": found.std.reshape(-1),
        }
    ).cast(GOLDEN_SCHEMA)


def _training(batch: CompoundBatch, targets: int) -> pa.Table:
    return pa.table(
        {
            "compound_id": batch.compound_ids.slice(0, 1),
            "smiles": batch.smiles.slice(0, 1),
            "part": ["train"],
            "morgan": pa.array([batch.morgan[0].tobytes()], pa.binary(256)),
            "values": [[6.0] * targets],
            "relations": [["="] * targets],
        }
    ).cast(TRAINING_SCHEMA)


def _card(name: str, targets: list[TargetConfig]) -> ModelCard:
    return ModelCard(
        name=name,
        summary="Random weights, for measurements of speed.",
        data=(DataSource(name="none", source="-", license="-", sha256="0" * 64, rows=1, kept=1),),
        targets=tuple(
            TargetSizes(
                target=t.name,
                endpoint=t.endpoint,
                unit=t.unit,
                direction=t.direction,
                task=t.task,
                train=1,
                valid=1,
                test=1,
            )
            for t in targets
        ),
        curation={},
        split="random",
        leaks={},
        metrics=(),
        calibration=(),
        domain="near a thousand compounds",
        warnings=(),
        limits=("Its predictions mean nothing.",),
        recipe="fast",
        seed=0,
        versions={},
    )
