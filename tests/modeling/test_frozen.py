from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.assays.splits import column_split
from hitsieve.chem.standardize import Standardizer
from hitsieve.errors import NotFoundError, StorageError
from hitsieve.modeling.frozen import (
    FILE,
    FrozenSet,
    hold_out,
    load_frozen,
    refreeze,
    verified_frozen,
)
from hitsieve.registry.registry import Registry

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


def test_a_twin_of_a_frozen_compounds_twin_is_held_out_too() -> None:
    # The middle one is an isotopolog of the first and a tautomer of the last.
    chain = ["[13CH3]C(=O)CC(C)=O", "CC(=O)CC(C)=O", "CC(O)=CC(C)=O", "CCCCO"]
    ids = [Standardizer()(text).compound_id or "" for text in chain]
    frozen = FrozenSet((ids[0],), (chain[0],), ("t",), np.zeros((1, 1)))
    assert frozen.holds(ids, chain).tolist() == [True, True, False, False]
    held = hold_out(column_split(["test", "train", "train", "train"]), ids, chain, frozen)
    assert held.labels() == ["test", "test", "test", "train"]


def test_a_target_that_was_not_measured_has_no_values(ids: list[str]) -> None:
    frozen = FrozenSet(tuple(ids), tuple(SMILES), ("t",), np.arange(5.0)[:, None])
    assert frozen.truth("t").tolist() == [0, 1, 2, 3, 4]
    assert np.isnan(frozen.truth("other")).all()
    assert len(frozen.truth("other")) == len(frozen) == 5


def test_without_a_champion_there_is_nothing_to_verify_or_to_write_anew(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    assert verified_frozen(registry, "bace") is None
    with pytest.raises(NotFoundError, match="bace has no champion"):
        refreeze(registry, "bace")
