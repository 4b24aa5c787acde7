from __future__ import annotations

import numpy as np
import pytest

from hitsieve.chem.codes import mol_codes
from hitsieve.chem.descriptors import descriptors
from hitsieve.chem.features import featurize
from hitsieve.chem.fingerprints import morgan_bytes
from hitsieve.chem.molecule import parse


def test_one_parse_gives_what_the_parts_give() -> None:
    smiles = "CC(=O)Oc1ccccc1C(=O)O"
    found, mol = featurize(smiles), parse(smiles)
    assert np.array_equal(found.codes.atom_codes, mol_codes(mol).atom_codes)
    assert np.array_equal(found.codes.bond_codes, mol_codes(mol).bond_codes)
    assert found.morgan == morgan_bytes(mol)
    assert found.descriptors == descriptors(mol)


def test_an_unreadable_smiles_is_named() -> None:
    with pytest.raises(ValueError, match=r"'CC\(C'"):
        featurize("CC(C")
