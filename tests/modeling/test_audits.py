from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hitsieve.assays.splits import column_split, random_split
from hitsieve.assays.suspects import LISTED_SHARE, contradictions
from hitsieve.chem.fingerprints import morgan_from_smiles
from hitsieve.chem.policy import ChemPolicy
from hitsieve.modeling.audits import CONTRADICTED, IN_TWO_GIVEN_PARTS, TWINS, audit
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


def test_contradicted_labels_are_counted_beyond_those_that_are_listed(
    tmp_path: Path, both: Path
) -> None:
    labels = load_labels([CardData(card=str(both))], ChemPolicy(), folder=tmp_path)
    morgan = np.asarray(morgan_from_smiles(labels.matrix.smiles))
    rows = np.flatnonzero(~np.isnan(labels.matrix.y[:, 0]))
    wrong = rows[:: len(rows) // 10]  # one in ten, where one in twenty is listed
    labels.matrix.y[wrong, 0] += np.where(np.arange(len(wrong)) % 2, 60.0, -60.0)
    found = audit(labels, random_split(len(labels.matrix), seed=1), morgan)
    listed = [item for item in found.suspects if item.target == labels.matrix.targets[0]]
    assert len(listed) == math.ceil(LISTED_SHARE * len(rows))
    y = labels.matrix.y[rows, 0].astype(np.float64)
    beyond = int((np.abs(contradictions(morgan[rows], y)) > CONTRADICTED).sum())
    assert found.contradicted >= beyond > len(listed)


def test_compounds_torn_by_the_given_split_do_not_read_zero(tmp_path: Path, both: Path) -> None:
    labels = load_labels([CardData(card=str(both))], ChemPolicy(), folder=tmp_path)
    torn = replace(labels, torn=tuple(labels.matrix.compound_ids[:3]))
    morgan = np.asarray(morgan_from_smiles(labels.matrix.smiles))
    parts = ["test" if n % 5 == 0 else "train" for n in range(len(labels.matrix))]
    found = audit(torn, column_split(parts), morgan)
    assert found.leak_counts()[IN_TWO_GIVEN_PARTS] == 3
    assert found.leaks.torn == torn.torn
    ours = audit(torn, random_split(len(labels.matrix), seed=1), morgan)
    assert ours.leak_counts()[IN_TWO_GIVEN_PARTS] == 0, "another split does not tear them"
