from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hitsieve.assays.splits import random_split
from hitsieve.chem.fingerprints import morgan_from_smiles
from hitsieve.chem.policy import ChemPolicy
from hitsieve.modeling.audits import TWINS, audit
from hitsieve.modeling.config import CardData
from hitsieve.modeling.labels import load_labels

if TYPE_CHECKING:
    from pathlib import Path


def test_leaks_and_labels_are_looked_at_in_one_go(tmp_path: Path, both: Path) -> None:
    labels = load_labels([CardData(card=str(both))], ChemPolicy(), folder=tmp_path)
    morgan = np.asarray(morgan_from_smiles(labels.matrix.smiles))
    split = random_split(len(labels.matrix), seed=1)
    found = audit(labels, split, morgan)
    assert set(TWINS) <= set(found.leak_counts())
    assert found.contradicted == 0
    wrong = np.flatnonzero(~np.isnan(labels.matrix.y[:, 0]))[7]
    labels.matrix.y[wrong, 0] = 30.0
    again = audit(labels, split, morgan)
    assert again.contradicted >= 1
    assert again.suspects[0].compound_id == labels.matrix.compound_ids[wrong]
    labels.matrix.relation[wrong, 0] = 1  # a bound is not judged as a value
    assert audit(labels, split, morgan).contradicted == 0
