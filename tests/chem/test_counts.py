"""Count fingerprints against RDKit's own, and against what they are defined to be."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from rdkit import Chem
from rdkit.Chem import rdFingerprintGenerator
from rdkit.Chem.rdMolDescriptors import GetFeatureInvariants
from rdkit.Chem.rdReducedGraphs import GetErGFingerprint

from hitsieve.chem.counts import CountFingerprints, CountKind, count_fingerprints, counts_of
from hitsieve.chem.physchem import physchem_of

SMILES = ("CCO", "c1ccccc1C(=O)O", "C", "CC(C)Cc1ccc(C(C)C(=O)O)cc1", "OCCO")


def test_equals_rdkit() -> None:
    generators = {
        "morgan3": rdFingerprintGenerator.GetMorganGenerator(radius=3),
        "atom_pairs": rdFingerprintGenerator.GetAtomPairGenerator(includeChirality=True),
        "paths6": rdFingerprintGenerator.GetRDKitFPGenerator(maxPath=6, numBitsPerFeature=1),
        "feature_morgan3": rdFingerprintGenerator.GetMorganGenerator(
            radius=3, atomInvariantsGenerator=rdFingerprintGenerator.GetMorganFeatureAtomInvGen()
        ),
    }
    for kind, generator in generators.items():
        found = count_fingerprints(SMILES, kind)
        assert len(found) == len(SMILES)
        for row, smiles in enumerate(SMILES):
            expected = generator.GetSparseCountFingerprint(Chem.MolFromSmiles(smiles))
            assert features(found, row) == expected.GetNonzeroElements()
            part = slice(found.offsets[row], found.offsets[row + 1])
            assert (np.diff(found.features[part]) > 0).all()


def features(found: CountFingerprints, row: int) -> dict[int, int]:
    part = slice(found.offsets[row], found.offsets[row + 1])
    return dict(zip(found.features[part].tolist(), found.counts[part].tolist(), strict=True))


def test_pairs_of_functions_are_those_of_rdkit() -> None:
    pairs = rdFingerprintGenerator.GetAtomPairGenerator()
    found = count_fingerprints(SMILES, "feature_pairs")
    for row, smiles in enumerate(SMILES):
        mol = Chem.MolFromSmiles(smiles)
        functions = list(GetFeatureInvariants(mol))
        expected = pairs.GetSparseCountFingerprint(mol, customAtomInvariants=functions)
        assert features(found, row) == expected.GetNonzeroElements()


def test_reduced_graphs_are_those_of_rdkit_in_quarters() -> None:
    found = count_fingerprints(SMILES, "reduced_graph")
    for row, smiles in enumerate(SMILES):
        shares = GetErGFingerprint(Chem.MolFromSmiles(smiles), fuzzIncrement=0.25)
        counts = {place: 4 * share for place, share in enumerate(shares) if share}
        assert features(found, row) == counts  # exactly: quarters are whole numbers
    assert features(found, 1)
    assert not features(found, 2)  # methane does nothing


@pytest.mark.parametrize("before", [*get_args(CountKind), "physchem"])
def test_counts_do_not_depend_on_what_was_computed_of_a_molecule_before(before: str) -> None:
    """RDKit keeps distances on a molecule, and its reduced graph would take them for its own."""
    smiles = [*SMILES, "CCN(CC)c1nc(Cl)nc(N(CC)CC)n1", "CC(=O)Nc1ccc(O)cc1", "OCC1OC(O)C(O)C1O"]
    for kind in get_args(CountKind):
        mols = [Chem.MolFromSmiles(text) for text in smiles]
        if before == "physchem":
            physchem_of(mols)
        else:
            counts_of(mols, before)  # type: ignore[arg-type]
        found, expected = counts_of(mols, kind), count_fingerprints(smiles, kind)
        for row in range(len(smiles)):
            assert features(found, row) == features(expected, row), (before, kind, smiles[row])


def test_mirror_images_differ_in_pairs_of_atoms_alone() -> None:
    right, left = "C[C@H](N)C(=O)NCc1ccccc1", "C[C@@H](N)C(=O)NCc1ccccc1"
    for kind in get_args(CountKind):
        found = count_fingerprints([right, left], kind)
        assert (features(found, 0) == features(found, 1)) is (kind != "atom_pairs")


@pytest.mark.parametrize("kind", ["atom_pairs", "feature_pairs"])
def test_pairs_of_n_atoms_number_n_choose_two(kind: CountKind) -> None:
    atoms = [Chem.MolFromSmiles(s).GetNumAtoms() for s in SMILES]
    found = count_fingerprints(SMILES, kind).totals()
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


@pytest.mark.parametrize("kind", get_args(CountKind))
def test_a_spelling_changes_nothing(kind: CountKind) -> None:
    found = count_fingerprints(["N[C@@H](C)c1ccccc1CO", "OCC1=CC=CC=C1[C@H](C)N"], kind)
    assert features(found, 0) == features(found, 1)


def test_an_unreadable_smiles_is_named() -> None:
    with pytest.raises(ValueError, match=r"C1CC"):
        count_fingerprints(["CC", "C1CC"], "morgan3")


def test_atoms_that_do_the_same_are_the_same_feature() -> None:
    chlorine, bromine = "CCc1ccc(Cl)cc1", "CCc1ccc(Br)cc1"
    kinds: dict[CountKind, bool] = {
        "feature_morgan3": True,
        "feature_pairs": True,
        "morgan3": False,
        "atom_pairs": False,
        "paths6": False,
    }
    for kind, alike in kinds.items():
        found = count_fingerprints([chlorine, bromine], kind)
        first, second = (set(found.take(np.array([row])).features.tolist()) for row in (0, 1))
        assert (first == second) is alike
