from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.engine import SerialExecutor
from hitsieve.library import LibraryConfig, build_library

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty alcohols and amines; their SMILES differ in length, which FakeOracle measures."""
    root = tmp_path_factory.mktemp("campaign-library")
    lines = [f"{'C' * n}{end} {n}{end}" for n in range(2, 32) for end in ("O", "N")]
    (root / "in.smi").write_text("\n".join(lines) + "\n")
    config = LibraryConfig(inputs=[str(root / "in.smi")], output=root / "library")
    with SerialExecutor() as executor:
        build_library(config, executor)
    return config.output
