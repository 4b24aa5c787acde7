"""What is left out together."""

from __future__ import annotations

import numpy as np
import pytest

from hitsieve.chem.clusters import similarity_clusters
from hitsieve.chem.fingerprints import morgan_from_smiles
from hitsieve.modeling.families import LeaveOut, families

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
