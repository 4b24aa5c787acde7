"""Which measured compounds calibrate a student, and which judge it."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from hitsieve.assays.twins import twin_groups
from hitsieve.chem.standardize import Standardizer
from hitsieve.modeling.student_judged import student_training
from hitsieve.registry.contents import TRAINING_SCHEMA


def _training(smiles: list[str], parts: list[str]) -> pa.Table:
    found = [Standardizer()(text) for text in smiles]
    return pa.table(
        {
            "compound_id": [one.compound_id for one in found],
            "smiles": [one.smiles for one in found],
            "part": parts,
            "morgan": [bytes(256)] * len(found),
            "values": [[1.0]] * len(found),
            "relations": [["="]] * len(found),
        },
        schema=TRAINING_SCHEMA,
    )


@pytest.mark.parametrize("seed", range(8))
def test_twins_do_not_part_where_a_test_part_is_halved(seed: int) -> None:
    pairs = [
        text
        for n in range(1, 11)
        for text in (f"C[C@H](N){'C' * n}O", f"C[C@@H](N){'C' * n}O", f"CC(=O)C{'C' * n}Cl")
    ]
    table = _training([*pairs, "CCO"], ["test"] * len(pairs) + ["train"])
    parts = np.array(student_training(table, seed)["part"].to_pylist())
    assert parts[-1] == "train"
    assert set(parts[:-1]) == {"test", "valid"}
    groups = twin_groups(table["compound_id"].to_pylist(), table["smiles"].to_pylist())
    assert len(set(groups[:-1])) == 20
    for group in set(groups.tolist()):
        assert len(set(parts[groups == group])) == 1
    assert 10 <= (parts == "valid").sum() <= 25


def test_a_validation_part_stays_what_it_is() -> None:
    table = _training(["CO", "CCO", "CCCO"], ["valid", "test", "test"])
    assert student_training(table, 0).equals(table)
