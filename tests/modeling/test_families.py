"""What is left out together."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest

from hitsieve.assays.splits import Split
from hitsieve.chem.clusters import similarity_clusters
from hitsieve.chem.fingerprints import morgan_from_smiles
from hitsieve.modeling.config import SplitConfig
from hitsieve.modeling.families import LeaveOut, families, left_out_together
from hitsieve.scoring.batch import CompoundBatch

SMILES = ["CCc1ccccc1", "Cc1ccccc1O", "CCCO", "CCN", "c1ccncc1C", "Cc1cccnc1"]
SCAFFOLDS = [{0, 1}, {2, 3}, {4, 5}]


def _together(groups: np.ndarray) -> list[set[int]]:
    return sorted((set(np.flatnonzero(groups == name)) for name in np.unique(groups)), key=min)


@pytest.mark.parametrize(
    ("leave_out", "divided"),
    [("as_divided", "scaffold"), ("scaffold", "random"), ("scaffold", "column")],
)
def test_scaffolds_stay_together(leave_out: LeaveOut, divided: str) -> None:
    groups = families(leave_out, divided, SMILES, morgan_from_smiles(SMILES))
    assert groups is not None
    assert _together(groups) == SCAFFOLDS


@pytest.mark.parametrize(("leave_out", "divided"), [("as_divided", "cluster"), ("cluster", "time")])
def test_clusters_stay_together(leave_out: LeaveOut, divided: str) -> None:
    morgan = morgan_from_smiles([*SMILES, "CCc1ccccc1"])
    groups = families(leave_out, divided, [*SMILES, "CCc1ccccc1"], morgan)
    assert groups is not None
    assert groups[0] == groups[-1]
    assert _together(groups) == _together(similarity_clusters(morgan))


@pytest.mark.parametrize(
    ("leave_out", "divided"),
    [("as_divided", "random"), ("as_divided", "time"), ("as_divided", "column"),
     ("random", "scaffold")],
)  # fmt: skip
def test_else_each_is_left_out_alone(leave_out: LeaveOut, divided: str) -> None:
    assert families(leave_out, divided, SMILES, morgan_from_smiles(SMILES)) is None


def test_twins_join_what_would_be_left_out_apart() -> None:
    morgan = morgan_from_smiles(SMILES)
    assert families("random", "scaffold", SMILES, morgan, np.arange(6)) is None
    twins = np.array([5, 6, 5, 7, 8, 9])
    alone = families("random", "scaffold", SMILES, morgan, twins)
    assert alone is not None
    assert _together(alone) == [{0, 2}, {1}, {3}, {4}, {5}]
    # 0 and 2 stand in different scaffold families, which they join
    joined = families("scaffold", "random", SMILES, morgan, twins)
    assert joined is not None
    assert _together(joined) == [{0, 1, 2, 3}, {4, 5}]


@pytest.mark.parametrize(
    ("kind", "twins", "valid", "together"),
    [
        ("random", "together", 0, True),
        ("random", "apart", 0, False),
        ("random", "together", 1, False),
        ("time", "together", 0, False),
    ],
)
def test_twins_stay_together_where_left_out_compounds_calibrate_and_the_split_keeps_them(
    kind: str, twins: Literal["together", "apart"], valid: int, *, together: bool
) -> None:
    batch = CompoundBatch.from_smiles(
        ["C[C@H](N)O", "C[C@@H](N)O", "CCCC"],
        ["AAAAAAAAAAAAAA-BBBBBBBBSA-N", "AAAAAAAAAAAAAA-CCCCCCCCSA-N", "D" * 14 + "-EEEEEEEESA-N"],
    )
    split = Split(np.arange(3), np.arange(3, 3 + valid), np.array([3 + valid]), method=kind)
    found = left_out_together(SplitConfig(twins=twins), "random", split, batch)
    assert (found is not None) == together
    assert found is None or _together(found) == [{0, 1}, {2}]
