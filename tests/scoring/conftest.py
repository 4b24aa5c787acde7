from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
import torch

from hitsieve.calibration.conformal import ConformalIntervals
from hitsieve.calibration.domain import FingerprintDomain
from hitsieve.calibration.temperature import TemperatureScaling
from hitsieve.chem.policy import ChemPolicy
from hitsieve.networks.config import NetworkConfig
from hitsieve.networks.model import build_network
from hitsieve.registry.bundle import write_bundle
from hitsieve.registry.card import DataSource, ModelCard, TargetSizes
from hitsieve.registry.config import BundleConfig, TargetConfig
from hitsieve.registry.contents import GOLDEN_SCHEMA, TRAINING_SCHEMA, BundleContents
from hitsieve.registry.fingerprints import installed_fingerprints
from hitsieve.scoring.gnn import GnnScorer
from hitsieve.testing.scorer_kit import SAMPLE_SMILES, sample_batch

if TYPE_CHECKING:
    from pathlib import Path

TARGETS = (
    TargetConfig(
        name="bace",
        endpoint="pIC50",
        unit="pX",
        direction="higher",
        task="regression",
        mean=6.5,
        std=30.0,
    ),
    TargetConfig(
        name="herg",
        endpoint="blocker",
        unit="",
        direction="lower",
        task="classification",
        std=40.0,
    ),
)
NETWORK = NetworkConfig(hidden=16, head_hidden=16)


def _card() -> ModelCard:
    sizes = (
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
        for t in TARGETS
    )
    return ModelCard(
        name="demo",
        summary="For tests.",
        data=(DataSource(name="d", source="here", license="MIT", sha256="0" * 64, rows=3, kept=3),),
        targets=tuple(sizes),
        curation={},
        split="random",
        leaks={},
        metrics=(),
        calibration=(),
        domain="near the training compounds",
        warnings=(),
        limits=("Tests only.",),
        recipe="fast",
        seed=1,
        versions={},
    )


def _golden(scorer: GnnScorer) -> pa.Table:
    found = scorer.score(sample_batch())
    return pa.table(
        {
            "smiles": [s for s in SAMPLE_SMILES for _ in TARGETS],
            "target": [t.name for t in TARGETS] * len(SAMPLE_SMILES),
            "mean": found.mean.reshape(-1),
            "std": found.std.reshape(-1),
        }
    ).cast(GOLDEN_SCHEMA)


@pytest.fixture(scope="session")
def contents() -> BundleContents:
    torch.manual_seed(4)
    members = [build_network(NETWORK, len(TARGETS)) for _ in range(2)]
    batch = sample_batch()
    settings = {
        "network": NETWORK.model_dump(mode="json"),
        "policy": ChemPolicy().model_dump(mode="json"),
    }
    return BundleContents(
        config=BundleConfig(
            name="demo",
            members=2,
            targets=TARGETS,
            **settings,
            **installed_fingerprints(settings["policy"], settings["network"]),
        ),
        weights={
            f"member{i}.{name}": value
            for i, member in enumerate(members)
            for name, value in member.state_dict().items()
        },
        calibration={
            "intervals": ConformalIntervals(
                0.9,
                np.array([2.0, np.nan]),
                np.array([0.5, 0.0]),
                np.array([50, 0]),
                ("conformal", "none"),
            ).to_dict(),
            "temperature": TemperatureScaling(np.array([1.0, 3.0]), ("none", "fitted")).to_dict(),
        },
        domain=FingerprintDomain(batch.morgan[1:6], 0.4).to_arrays(),
        golden=_golden(GnnScorer(members, TARGETS)),
        training=pa.table(
            {
                "compound_id": ["A"],
                "smiles": ["CCO"],
                "part": ["train"],
                "morgan": pa.array([bytes(256)], pa.binary(256)),
                "values": [[6.25, None]],
                "relations": [["=", "="]],
            }
        ).cast(TRAINING_SCHEMA),
        baseline={"none": np.zeros(1)},
        card=_card(),
    )


@pytest.fixture(scope="session")
def bundle_folder(contents: BundleContents, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("models") / "demo" / "1"
    write_bundle(folder, contents)
    return folder
