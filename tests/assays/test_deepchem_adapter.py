from __future__ import annotations

import logging
import warnings

import numpy as np
import pytest

from hitsieve.assays.deepchem_adapter import quiet, scaffold_indices
from hitsieve.assays.splits import scaffold_split
from hitsieve.chem.scaffolds import murcko_scaffold
from hitsieve.errors import DatasetError

SMILES = (
    [f"c1ccccc1{'C' * n}O" for n in range(1, 15)]
    + [f"C1CCCCC1{'C' * n}O" for n in range(1, 4)]
    + ["c1ccncc1CO", "c1ccoc1CO", "C1CCNC1CO"]
)


def test_scaffolds_do_not_cross_parts_and_nothing_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    split = scaffold_split(SMILES)
    assert capsys.readouterr() == ("", "")
    assert len(split) == len(SMILES)
    scaffolds = [{murcko_scaffold(SMILES[i]) for i in part} for part in split.parts.values()]
    assert not scaffolds[0] & (scaffolds[1] | scaffolds[2])
    assert not scaffolds[1] & scaffolds[2]
    assert len(split.valid)
    assert len(split.test)
    assert split.labels() == scaffold_split(SMILES).labels()


def test_compounds_deepchem_would_drop_are_told() -> None:
    with pytest.raises(DatasetError, match="1 of 3 SMILES"):
        scaffold_indices(["CCO", "not a molecule", "c1ccccc1"], np.array([0.5, 0.5, 0.0]))


def test_quiet_ends_with_its_block() -> None:
    level = logging.root.manager.disable
    with quiet():
        warnings.warn("unheard", stacklevel=1)
    assert logging.root.manager.disable == level
    with pytest.warns(UserWarning, match="heard"):
        warnings.warn("heard", stacklevel=1)
