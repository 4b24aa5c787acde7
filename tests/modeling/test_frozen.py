from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.assays.splits import column_split
from hitsieve.chem.standardize import Standardizer
from hitsieve.errors import StorageError
from hitsieve.modeling.frozen import FILE, FrozenSet, hold_out, load_frozen

if TYPE_CHECKING:
    from pathlib import Path

SMILES = ["C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "CC(=O)CC(C)=O", "CC(O)=CC(C)=O", "CCCCO"]


@pytest.fixture
def ids() -> list[str]:
    return [Standardizer()(text).compound_id or "" for text in SMILES]


def test_a_frozen_compound_is_known_in_any_form(ids: list[str]) -> None:
    frozen = FrozenSet((ids[0], ids[2]), (SMILES[0], SMILES[2]), ("t",), np.zeros((2, 1)))
    assert frozen.holds(ids, SMILES).tolist() == [True, True, True, True, False]
    split = column_split(["train", "train", "valid", "test", "train"])
    held = hold_out(split, ids, SMILES, frozen)
    assert held.labels() == ["test", "test", "test", "test", "train"]
    assert hold_out(split, ids, SMILES, None) is split


def test_no_set_and_a_broken_set(tmp_path: Path) -> None:
    assert load_frozen(tmp_path) is None
    (tmp_path / FILE).write_bytes(b"nothing")
    with pytest.raises(StorageError, match=r"frozen\.parquet"):
        load_frozen(tmp_path)
