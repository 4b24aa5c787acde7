"""The descriptor table against RDKit's functions one by one."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from rdkit import Chem
from rdkit.Chem import Descriptors

from hitsieve.chem.counts import CountKind, counts_of
from hitsieve.chem.physchem import PHYSCHEM_NAMES, physchem, physchem_of

SMILES = ("CC(=O)Oc1ccccc1C(=O)O", "C", "C[N+](C)(C)CC(=O)[O-]", "Clc1ccc2[nH]ccc2c1")


def test_equals_rdkit_one_by_one() -> None:
    found = physchem(SMILES)
    assert found.shape == (len(SMILES), len(PHYSCHEM_NAMES))
    assert len(set(PHYSCHEM_NAMES)) == len(PHYSCHEM_NAMES)
    functions = dict(Descriptors.descList)
    for column, name in enumerate(PHYSCHEM_NAMES):
        expected = [float(functions[name](Chem.MolFromSmiles(s))) for s in SMILES]
        assert_allclose(found[:, column], expected, rtol=1e-9, atol=1e-12, err_msg=name)


def test_descriptors_do_not_depend_on_what_was_computed_of_a_molecule_before() -> None:
    mols = [Chem.MolFromSmiles(text) for text in SMILES]
    for kind in get_args(CountKind):
        counts_of(mols, kind)
    assert_array_equal(physchem_of(mols), physchem(SMILES))


def test_what_is_not_defined_is_nan_and_the_rest_stands() -> None:
    # RDKit has no partial charges for boron clusters or metals
    found = physchem(["[Na]OB(O)O", "CCO"])
    charge = PHYSCHEM_NAMES.index("MaxPartialCharge")
    assert np.isnan(found[0, charge])
    assert np.isfinite(found[1]).all()
    assert np.isfinite(found[0, PHYSCHEM_NAMES.index("MolWt")])


def test_no_molecules_give_no_rows() -> None:
    assert physchem([]).shape == (0, len(PHYSCHEM_NAMES))


def test_an_unreadable_smiles_is_named() -> None:
    with pytest.raises(ValueError, match="not a smiles"):
        physchem(["not a smiles"])
