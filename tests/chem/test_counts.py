"""Count fingerprints against RDKit's own, and against what they are defined to be."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator

from hitsieve.chem.counts import count_fingerprints

SMILES = ("CCO", "c1ccccc1C(=O)O", "C", "CC(C)Cc1ccc(C(C)C(=O)O)cc1", "OCCO")


def test_equals_rdkit() -> None:
    generators = {
        "morgan3": rdFingerprintGenerator.GetMorganGenerator(radius=3),
        "atom_pairs": rdFingerprintGenerator.GetAtomPairGenerator(),
        "feature_morgan3": rdFingerprintGenerator.GetMorganGenerator(
            radius=3, atomInvariantsGenerator=rdFingerprintGenerator.GetMorganFeatureAtomInvGen()
        ),
    }
    for kind, generator in generators.items():
        found = count_fingerprints(SMILES, kind)
        assert len(found) == len(SMILES)
        for row, smiles in enumerate(SMILES):
            part = slice(found.offsets[row], found.offsets[row + 1])
            expected = generator.GetSparseCountFingerprint(Chem.MolFromSmiles(smiles))
            pairs = dict(
                zip(found.features[part].tolist(), found.counts[part].tolist(), strict=True)
            )
            assert pairs == expected.GetNonzeroElements()
            assert (np.diff(found.features[part]) > 0).all()


def test_pairs_of_n_atoms_number_n_choose_two() -> None:
    atoms = [Chem.MolFromSmiles(s).GetNumAtoms() for s in SMILES]
    found = count_fingerprints(SMILES, "atom_pairs").totals()
    assert found.tolist() == [n * (n - 1) // 2 for n in atoms]
    assert found[2] == 0  # methane: a row without features


def test_rows_are_taken_in_order() -> None:
    found = count_fingerprints(SMILES, "morgan3")
    taken = found.take(np.array([3, 2, 3]))
    again = count_fingerprints([SMILES[3], SMILES[2], SMILES[3]], "morgan3")
    assert_array_equal(taken.offsets, again.offsets)
    assert_array_equal(taken.features, again.features)
    assert_array_equal(taken.counts, again.counts)
    assert len(found.take(np.arange(0))) == 0


def test_folding_keeps_the_sum() -> None:
    found = count_fingerprints(SMILES, "atom_pairs")
    folded = found.folded(64)
    assert folded.shape == (len(SMILES), 64)
    assert_array_equal(folded.sum(axis=1), found.totals())


def test_a_spelling_changes_nothing() -> None:
    first = count_fingerprints(["c1ccccc1CO"], "morgan3")
    second = count_fingerprints(["OCC1=CC=CC=C1"], "morgan3")
    assert_array_equal(first.features, second.features)
    assert_array_equal(first.counts, second.counts)


def test_an_unreadable_smiles_is_named() -> None:
    with pytest.raises(ValueError, match=r"C1CC"):
        count_fingerprints(["CC", "C1CC"], "morgan3")


def test_atoms_that_do_the_same_are_the_same_feature() -> None:
    chlorine, bromine = "CCc1ccc(Cl)cc1", "CCc1ccc(Br)cc1"
    for kind, alike in (("feature_morgan3", True), ("morgan3", False)):
        found = count_fingerprints([chlorine, bromine], kind)
        first, second = (set(found.take(np.array([row])).features.tolist()) for row in (0, 1))
        assert (first == second) is alike
