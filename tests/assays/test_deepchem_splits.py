"""Each of DeepChem's splitters does what its name says, and the same again."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.assays.deepchem_adapter import SPLITTERS
from hitsieve.assays.deepchem_splits import deepchem_split
from hitsieve.chem.fingerprints import morgan_from_smiles, tanimoto_matrix
from hitsieve.errors import DatasetError, UsageError

if TYPE_CHECKING:
    from hitsieve.assays.splits import Split

RINGS = ("c1ccccc1", "c1ccncc1", "C1CCCCC1", "c1ccsc1", "C1CCNCC1", "c1ccc2ccccc2c1")
TAILS = ("F", "Cl", "Br", "O=C", "N#C")
SMILES = [
    tail + link + ring
    for ring, link, tail in itertools.product(RINGS, ("C", "CC", "CN", "OC", "CCO"), TAILS)
]
FRACTIONS = (0.6, 0.2, 0.2)


@pytest.mark.parametrize("name", sorted(SPLITTERS))
def test_each_compound_is_in_one_part_again_and_again(name: str) -> None:
    split = deepchem_split(name, SMILES, FRACTIONS, seed=5)
    assert len(split) == len(SMILES)
    assert split.method == f"DeepChem {name}"
    sizes = [len(part) / len(SMILES) for part in split.parts.values()]
    assert sizes == pytest.approx(FRACTIONS, abs=0.15)
    assert split.labels() == deepchem_split(name, SMILES, FRACTIONS, seed=5).labels()
    differs = split.labels() != deepchem_split(name, SMILES, FRACTIONS, seed=6).labels()
    assert differs == (name in {"random", "max_min"})


def _between(split: Split) -> float:
    """Mean similarity of test compounds to the nearest training compound."""
    morgan = np.asarray(morgan_from_smiles(SMILES))
    return float(tanimoto_matrix(morgan[split.test], morgan[split.train]).max(axis=1).mean())


@pytest.mark.parametrize("name", ["scaffold", "butina", "fingerprint"])
def test_parts_are_less_alike_than_by_chance(name: str) -> None:
    chance = _between(deepchem_split("random", SMILES, FRACTIONS, seed=1))
    assert _between(deepchem_split(name, SMILES, FRACTIONS)) < chance - 0.02


def test_the_heaviest_are_tested() -> None:
    split = deepchem_split("molecular_weight", [f"{'C' * n}O" for n in range(20, 0, -1)], FRACTIONS)
    assert split.train.tolist() == list(range(8, 20)), "the short chains stand at the end"
    assert split.test.tolist() == list(range(4))


def test_the_most_diverse_are_tested() -> None:
    def inside(part: np.ndarray) -> float:
        morgan = np.asarray(morgan_from_smiles([SMILES[row] for row in part]))
        return float(tanimoto_matrix(morgan, morgan).mean())

    split = deepchem_split("max_min", SMILES, FRACTIONS, seed=1)
    assert inside(split.test) < inside(deepchem_split("random", SMILES, FRACTIONS, seed=1).test)


def test_a_wrong_request_is_told() -> None:
    with pytest.raises(UsageError, match="did you mean 'butina'") as caught:
        deepchem_split("butin", SMILES)
    assert "max_min" in caught.value.cure
    with pytest.raises(
        DatasetError, match="1 of 3 SMILES cannot be read, first at row 1: 'no way'"
    ):
        deepchem_split("butina", ["CCO", "no way", "c1ccccc1"])
    with pytest.raises(UsageError, match="three shares"):
        deepchem_split("random", SMILES, (0.8, 0.3, 0.1))
