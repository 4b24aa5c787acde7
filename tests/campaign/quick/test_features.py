from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hitsieve.campaign.quick import features
from hitsieve.campaign.quick.features import inputs_of_shard
from hitsieve.scoring.inputs import Inputs

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

SMILES = ["CCO", "c1ccccc1N", "CC(=O)O"]


def same(one: Inputs, other: Inputs) -> bool:
    return np.array_equal(one.physchem, other.physchem, equal_nan=True) and all(
        np.array_equal(a.features, b.features) and np.array_equal(a.counts, b.counts)
        for a, b in zip(one.counts, other.counts, strict=True)
    )


def test_inputs_are_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = inputs_of_shard(tmp_path, "shard-00000", "abc", SMILES)
    assert same(made, Inputs.from_smiles(SMILES))
    monkeypatch.setattr(features.Inputs, "from_smiles", None)
    assert same(inputs_of_shard(tmp_path, "shard-00000", "abc", SMILES), made)


def test_another_shard_or_a_damaged_file_is_computed_anew(tmp_path: Path) -> None:
    made = inputs_of_shard(tmp_path, "shard-00000", "abc", SMILES)
    other = inputs_of_shard(tmp_path, "shard-00000", "def", SMILES[:2])
    assert len(other) == 2
    (path,) = [p for p in tmp_path.iterdir() if len(_read(p)) == 3]
    path.write_bytes(path.read_bytes()[:100])
    assert same(inputs_of_shard(tmp_path, "shard-00000", "abc", SMILES), made)


def _read(path: Path) -> np.ndarray:
    with np.load(path) as stored:
        return stored["physchem"]


def test_a_full_disk_costs_time_only(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file, where a folder is wanted")
    found = inputs_of_shard(tmp_path / "cache", "shard-00000", "abc", SMILES)
    assert len(found) == 3
