from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from hitsieve.oracles.inbox import ControlConfig, InboxConfig

if TYPE_CHECKING:
    from pathlib import Path

SMILES = ("CCO", "CCN", "c1ccccc1", "CC(=O)Nc1ccc(O)cc1", "CCCl", "CC(C)O")
KEYS = tuple(f"AAAAAAAAAAAAAA-UHFFFAOYSA-N-0000000{i}" for i in range(len(SMILES)))


@pytest.fixture
def config(tmp_path: Path) -> InboxConfig:
    return InboxConfig(
        folder=tmp_path / "inbox",
        target="CDK2",
        endpoint="pIC50",
        unit="pX",
        controls=(
            ControlConfig(name="DMSO", role="negative", wells=3),
            ControlConfig(name="staurosporine", role="positive", wells=1),
        ),
    )


@pytest.fixture
def picks() -> pa.Table:
    return pa.table(
        {
            "compound_id": KEYS,
            "smiles": SMILES,
            "reason": [f"greedy, rank {i + 1}" for i in range(len(KEYS))],
            "source_ids": [[f"Z{i}", f"=cmd|'/C calc'!A{i}"] for i in range(len(KEYS))],
            "predicted": [7.5 - i for i in range(len(KEYS))],
        }
    )
