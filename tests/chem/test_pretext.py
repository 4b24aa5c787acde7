from __future__ import annotations

import numpy as np
import pytest

from hitsieve.chem.physchem import PHYSCHEM_NAMES, physchem
from hitsieve.chem.pretext import PRETEXT_DESCRIPTORS, PRETEXT_FOLDS, pretext

SMILES = ["CCO", "c1ccccc1C(=O)NC", "OCC", "CC(C)Cc1ccc(cc1)C(C)C(=O)O"]


def test_shapes_and_names() -> None:
    found = pretext(SMILES)
    assert found.descriptors.shape == (4, len(PRETEXT_DESCRIPTORS))
    assert found.counts.shape == (4, sum(PRETEXT_FOLDS.values()))
    assert found.counts.dtype == np.uint8
    assert len(found) == 4


def test_writing_of_a_molecule_does_not_matter() -> None:
    found = pretext(SMILES)
    np.testing.assert_array_equal(found.counts[0], found.counts[2])
    np.testing.assert_array_equal(found.descriptors[0], found.descriptors[2])
    assert not np.array_equal(found.counts[0], found.counts[1])


def test_descriptors_are_those_that_models_read() -> None:
    shared = [name for name in PRETEXT_DESCRIPTORS if name in PHYSCHEM_NAMES]
    assert len(shared) > 150
    ours = pretext(SMILES).descriptors[:, [PRETEXT_DESCRIPTORS.index(name) for name in shared]]
    theirs = physchem(SMILES)[:, [PHYSCHEM_NAMES.index(name) for name in shared]]
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, equal_nan=True)


def test_every_kind_of_count_has_its_own_columns() -> None:
    counts = pretext(["c1ccccc1C(=O)NC"]).counts[0]
    start = 0
    for width in PRETEXT_FOLDS.values():
        assert counts[start : start + width].any()
        start += width


def test_take_keeps_order() -> None:
    found = pretext(SMILES)
    taken = found.take(np.array([2, 1]))
    np.testing.assert_array_equal(taken.counts, found.counts[[2, 1]])
    np.testing.assert_array_equal(taken.descriptors, found.descriptors[[2, 1]])


def test_unreadable_structure_is_named() -> None:
    with pytest.raises(ValueError, match="c1ccc"):
        pretext(["CCO", "c1ccc"])


def test_undefined_descriptors_are_nan() -> None:
    # no partial charges are known for this atom
    found = pretext(["[Xe]CC"]).descriptors
    assert np.isnan(found).any()
    assert not np.isinf(found).any()
