from __future__ import annotations

import numpy as np
import pytest
from rdkit import Chem

from hitsieve.chem.shape import IMATINIB, ShapeReference, ShapeSettings, embed, reference_shape
from hitsieve.errors import InputError

FEW = ShapeSettings(conformers=3, reference_conformers=1)
DRUGS = ["CC(=O)Nc1ccc(O)cc1", "CC(C)Cc1ccc(C(C)C(=O)O)cc1", "Cn1c(=O)c2c(ncn2C)n(C)c1=O"]


@pytest.fixture(scope="module")
def reference() -> ShapeReference:
    return ShapeReference("CC(=O)Nc1ccc(O)cc1", FEW)


def test_overlaps_are_between_0_and_1_and_the_mean_of_their_parts(
    reference: ShapeReference,
) -> None:
    for smiles in [*DRUGS, "C", "CCCCCCCCCCCC"]:
        found = reference.overlap(smiles)
        assert found is not None
        assert 0 <= found.color <= 1
        assert 0 < found.shape <= 1
        assert found.combo == (found.shape + found.color) / 2


def test_the_reference_is_most_like_itself(reference: ShapeReference) -> None:
    itself, *others = (reference.overlap(smiles) for smiles in DRUGS)
    assert itself is not None
    assert itself.combo > 0.7  # other conformers of itself
    assert all(other is not None and other.combo < itself.combo for other in others)


def test_any_smiles_of_a_molecule_gives_the_same_overlap(reference: ShapeReference) -> None:
    mol = Chem.MolFromSmiles(DRUGS[1])
    atoms = np.random.default_rng(5).permutation(mol.GetNumAtoms()).tolist()
    other = Chem.MolToSmiles(Chem.RenumberAtoms(mol, atoms), canonical=False)
    assert other != DRUGS[1]
    assert reference.overlap(other) == reference.overlap(DRUGS[1])


def test_seeds_decide_the_conformers() -> None:
    def coordinates(seed: int) -> list[list[float]]:
        mol = embed("CCCCO", 2, seed=seed, timeout_s=10)
        assert mol is not None
        found: list[list[float]] = mol.GetConformer().GetPositions().tolist()
        return found

    assert coordinates(1) == coordinates(1)
    assert coordinates(1) != coordinates(2)


@pytest.mark.parametrize("smiles", ["C1#CC1", "C1CC#CC1"])
def test_an_impossible_molecule_has_no_conformer(smiles: str, reference: ShapeReference) -> None:
    assert embed(smiles, 2, seed=1, timeout_s=2) is None
    assert reference.overlap(smiles) is None


def test_unreadable_structures_are_errors(reference: ShapeReference) -> None:
    with pytest.raises(InputError, match="no readable SMILES"):
        reference.overlap("nonsense")
    with pytest.raises(InputError, match="no readable SMILES"):
        ShapeReference("nonsense", FEW)


def test_the_kept_reference_is_built_once() -> None:
    assert reference_shape("CCO", FEW) is reference_shape("CCO", FEW)


def test_the_ligand_does_not_meet_its_own_coordinates() -> None:
    found = ShapeReference(IMATINIB, FEW).overlap(IMATINIB)
    assert found is not None
    assert 0.4 < found.combo < 0.999


def test_out_of_time_there_is_no_conformer() -> None:
    # Five thousand conformers take far longer than a second.
    assert embed(IMATINIB, 5000, seed=1, timeout_s=1) is None
