from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.chem.poses import (
    moved,
    pose_smiles,
    read_pose,
    relaxed_conformer,
    stereo_forms,
    symmetric_rmsd,
)
from hitsieve.chem.records import sdf_of
from hitsieve.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.chem.molecule import Mol

TURN = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


def conformer(smiles: str, seed: int = 1) -> Mol:
    mol = relaxed_conformer(smiles, seed=seed, timeout_s=20)
    assert mol is not None
    return mol


def test_only_what_is_not_said_is_enumerated() -> None:
    assert stereo_forms("C[C@H](F)Cl", 8, seed=1) == ["C[C@H](F)Cl"]
    assert stereo_forms("CCO", 8, seed=1) == ["CCO"]
    both = stereo_forms("C[C@H](F)C(Cl)C=CC", 16, seed=1)
    assert len(both) == 4
    assert all("@" in form and "/" in form for form in both)
    assert len(stereo_forms("CC(Cl)CC(Cl)C", 16, seed=1)) == 3  # one is meso


def test_of_many_forms_the_same_few_are_drawn() -> None:
    smiles = "CC(F)C(F)C(F)C(F)C(F)CO"
    drawn = stereo_forms(smiles, 4, seed=1)
    assert len(drawn) == 4
    assert stereo_forms("OCC(F)C(F)C(F)C(F)C(F)C", 4, seed=1) == drawn


def test_equal_compounds_get_equal_coordinates() -> None:
    first, second = conformer("CCO"), conformer("OCC")
    assert sdf_of(first, "x", {}) == sdf_of(second, "x", {})
    assert sdf_of(conformer("CCO", seed=2), "x", {}) != sdf_of(first, "x", {})


def test_rmsd_of_a_shift_is_the_shift() -> None:
    mol = conformer("CC(=O)Nc1ccc(O)cc1")
    shifted = moved(mol, np.eye(3), np.array([0.0, 3.0, 4.0]))
    assert symmetric_rmsd(shifted, mol) == pytest.approx(5.0, abs=1e-3)
    assert symmetric_rmsd(mol, mol) == pytest.approx(0.0, abs=1e-6)
    assert symmetric_rmsd(moved(mol, TURN, np.zeros(3)), mol) > 0.5


def test_equivalent_atoms_may_change_places() -> None:
    flat = "[O-]C(=O)c1ccccc1"
    mol = conformer(flat)
    positions = mol.GetConformer().GetPositions()
    swapped = type(mol)(mol)
    a, b = positions[0].copy(), positions[2].copy()  # the two oxygens of the carboxylate
    swapped.GetConformer().SetAtomPosition(0, b.tolist())
    swapped.GetConformer().SetAtomPosition(2, a.tolist())
    assert symmetric_rmsd(swapped, mol) == pytest.approx(0.0, abs=0.05)


def test_protonation_does_not_matter_but_the_compound_does(tmp_path: Path) -> None:
    path = tmp_path / "pose.sdf"
    path.write_text(sdf_of(conformer("C[NH+]1CCOCC1"), "x", {}))
    known = read_pose(path)
    assert symmetric_rmsd(conformer("CN1CCOCC1"), known) < 3.0
    with pytest.raises(InputError, match="not the same compound"):
        symmetric_rmsd(conformer("CN1CCSCC1"), known)


def test_poses_are_read_with_their_stereo(tmp_path: Path) -> None:
    path = tmp_path / "pose.sdf"
    path.write_text(sdf_of(conformer("C[C@H](F)Cl"), "x", {}))
    assert pose_smiles(read_pose(path)) == "C[C@H](F)Cl"


def test_files_that_are_no_pose(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_pose(tmp_path / "absent.sdf")
    (tmp_path / "bad.sdf").write_text("bad")
    with pytest.raises(InputError, match="no readable molecule"):
        read_pose(tmp_path / "bad.sdf")


def test_what_cannot_be_read_is_refused() -> None:
    for call in (lambda: stereo_forms("C(", 1, seed=1), lambda: conformer("C(")):
        with pytest.raises(InputError):
            call()
