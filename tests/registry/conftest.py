from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import torch

from hitsieve.chem.policy import ChemPolicy
from hitsieve.networks.config import NetworkConfig
from hitsieve.registry.card import DataSource, Estimate, Metric, ModelCard, TargetSizes
from hitsieve.registry.config import BundleConfig, TargetConfig
from hitsieve.registry.contents import GOLDEN_SCHEMA, TRAINING_SCHEMA, BundleContents
from hitsieve.registry.fingerprints import installed_fingerprints


@pytest.fixture
def card() -> ModelCard:
    def near(value: float) -> Estimate:
        return Estimate(low=value - 0.1, value=value, high=value + 0.1)

    return ModelCard(
        name="demo",
        summary="Predicts pIC50.",
        data=(
            DataSource(name="d", source="a page", license="MIT", sha256="0" * 64, rows=10, kept=9),
        ),
        targets=(
            TargetSizes(
                target="bace",
                endpoint="pIC50",
                unit="pX",
                direction="higher",
                task="regression",
                train=7,
                valid=1,
                test=1,
            ),
        ),
        curation={"rows": 10},
        split="scaffold, 0.8 / 0.1 / 0.1",
        leaks={"same_key": 0},
        metrics=(
            Metric(
                target="bace",
                metric="rmse",
                better="lower",
                compounds=1,
                network=near(0.8),
                baseline=near(0.9),
                difference=near(-0.1),
            ),
        ),
        calibration=(),
        domain="near the training compounds",
        warnings=(),
        limits=("Not for peptides.",),
        recipe="fast",
        seed=1,
        versions={"torch": "2"},
    )


@pytest.fixture
def contents(card: ModelCard) -> BundleContents:
    network, policy = NetworkConfig(hidden=4, head_hidden=4), ChemPolicy()
    settings = {
        "network": network.model_dump(mode="json"),
        "policy": policy.model_dump(mode="json"),
    }
    generator = torch.Generator().manual_seed(1)
    return BundleContents(
        config=BundleConfig(
            name="demo",
            members=2,
            targets=(
                TargetConfig(
                    name="bace",
                    endpoint="pIC50",
                    unit="pX",
                    direction="higher",
                    task="regression",
                    mean=6.5,
                    std=1.25,
                ),
            ),
            **settings,
            **installed_fingerprints(settings["policy"], settings["network"]),
        ),
        weights={f"member{i}.w": torch.randn(3, 2, generator=generator) for i in range(2)},
        calibration={"bace": {"kind": "conformal"}},
        domain={"threshold": np.array([0.3])},
        golden=pa.table(
            {"smiles": ["CCO"], "target": ["bace"], "mean": [6.0], "std": [0.5]},
        ).cast(GOLDEN_SCHEMA),
        training=pa.table(
            {
                "compound_id": ["A"],
                "smiles": ["CCO"],
                "part": ["train"],
                "morgan": pa.array([bytes(256)], pa.binary(256)),
                "values": [[6.25]],
                "relations": [["="]],
            }
        ).cast(TRAINING_SCHEMA),
        baseline={"children": np.arange(4, dtype=np.int32)},
        card=card,
    )
