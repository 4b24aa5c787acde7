from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hitsieve.chem.poses import moved, read_pose
from hitsieve.oracles.docking import DockingConfig, DockingOracle, redock

if TYPE_CHECKING:
    from collections.abc import Callable

pytest.importorskip("vina", reason="the extra `docking` is not installed")
pytest.importorskip("meeko", reason="the extra `docking` is not installed")


def test_its_own_best_pose_is_found_again(settings: Callable[..., DockingConfig]) -> None:
    np = pytest.importorskip("numpy")
    oracle = DockingOracle(settings())
    _, best = oracle.dock("CC(=O)Nc1ccccc1")[0]
    known = moved(best.mol, np.eye(3), np.zeros(3))
    found = redock(oracle, known)
    assert found.rmsd[0] == pytest.approx(0.0, abs=1e-3)
    assert found.affinity == best.affinity
    away = redock(oracle, moved(best.mol, np.eye(3), np.array([0.0, 0.0, 7.0])))
    assert away.rmsd[0] == pytest.approx(7.0, abs=1e-3)


@pytest.mark.data
def test_imatinib_in_its_crystal_structure() -> None:
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
