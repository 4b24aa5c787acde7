from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hitsieve.chem.poses import moved, read_pose, relaxed_conformer
from hitsieve.errors import InputError
from hitsieve.oracles.docking import DockingConfig, DockingOracle, redock

if TYPE_CHECKING:
    from collections.abc import Callable


def test_its_own_best_pose_is_found_again(settings: Callable[..., DockingConfig]) -> None:
    pytest.importorskip("vina", reason="the extra `docking` is not installed")
    pytest.importorskip("meeko", reason="the extra `docking` is not installed")
    oracle = DockingOracle(settings())
    _, best = oracle.dock("CC(=O)Nc1ccccc1")[0]
    known = moved(best.mol, np.eye(3), np.zeros(3))
    found = redock(oracle, known)
    assert found.rmsd[0] == pytest.approx(0.0, abs=1e-3)
    assert found.affinity == best.affinity
    away = redock(oracle, moved(best.mol, np.eye(3), np.array([0.0, 0.0, 3.0])))
    assert away.rmsd[0] == pytest.approx(3.0, abs=1e-3)


def test_a_pose_in_another_frame_is_refused_before_anything_is_docked(
    settings: Callable[..., DockingConfig],
) -> None:
    mol = relaxed_conformer("CC(=O)Nc1ccccc1", seed=1, timeout_s=20)
    assert mol is not None

    class Oracle:
        config = settings()

        def dock(self, smiles: str) -> None:
            raise AssertionError(f"docked {smiles}")

    far = moved(mol, np.eye(3), np.array([0.0, 0.0, 47.0]))
    with pytest.raises(InputError, match=r"4\d\.\d Å outside of the box"):
        redock(Oracle(), far)  # type: ignore[arg-type]


@pytest.mark.data
def test_imatinib_in_its_crystal_structure() -> None:
    pytest.importorskip("vina", reason="the extra `docking` is not installed")
    pytest.importorskip("meeko", reason="the extra `docking` is not installed")
    folder = Path(os.environ.get("HITSIEVE_DATA_MIRROR", "absent")) / "vina_example"
    if not folder.is_dir():
        pytest.skip("vina_example is not in the folder named by HITSIEVE_DATA_MIRROR")
    config = DockingConfig(
        target="ABL1",
        receptor=folder / "1iep_receptor.pdbqt",
        box_file=folder / "1iep_receptor.box.txt",
        exhaustiveness=16,
        evaluations=40_000,
    )
    found = redock(DockingOracle(config), read_pose(folder / "1iep_ligand.sdf"))
    assert found.rmsd[0] < 2.0
    assert found.affinity < -10.0
