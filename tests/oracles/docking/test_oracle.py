from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve.chem.poses import pose_smiles, read_pose
from hitsieve.engine import SerialExecutor
from hitsieve.errors import HitsieveError, InputError
from hitsieve.oracles import measure
from hitsieve.oracles.docking import DockingOracle
from hitsieve.oracles.open import open_oracle
from hitsieve.testing.oracle_kit import (
    ORACLE_CHECKS,
    STORED_CHECKS,
    OracleCheck,
    StoredCheck,
    check_other_settings,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.oracles.docking import DockingConfig

pytest.importorskip("vina", reason="the extra `docking` is not installed")
pytest.importorskip("meeko", reason="the extra `docking` is not installed")

COMPOUNDS = [("A", "CCO"), ("B", "CC(F)Cl"), ("C", "CC(=O)O")]


@pytest.mark.parametrize("check", ORACLE_CHECKS, ids=lambda check: check.__name__)
def test_contract(check: OracleCheck, settings: Callable[..., DockingConfig]) -> None:
    check(open_oracle(settings()), COMPOUNDS)


@pytest.mark.parametrize("check", STORED_CHECKS, ids=lambda check: check.__name__)
def test_stored_contract(
    check: StoredCheck, settings: Callable[..., DockingConfig], tmp_path: Path
) -> None:
    check(DockingOracle(settings()), COMPOUNDS[:2], tmp_path / "labels")


def test_other_settings_are_other_labels(
    settings: Callable[..., DockingConfig], tmp_path: Path
) -> None:
    one, other = DockingOracle(settings()), DockingOracle(settings(evaluations=400))
    check_other_settings(one, other, COMPOUNDS[:1], tmp_path / "labels")


def test_content_decides_not_place(
    settings: Callable[..., DockingConfig], receptor: Path, tmp_path: Path
) -> None:
    plain = DockingOracle(settings())
    copy = tmp_path / "copy.pdbqt"
    copy.write_bytes(receptor.read_bytes())
    same = settings(receptor=copy, time_limit_s=1.0, poses=tmp_path / "poses", poses_kept=1)
    assert DockingOracle(same).fingerprint == plain.fingerprint
    copy.write_text(copy.read_text().replace("-0.350", "-0.450"))
    assert DockingOracle(same).fingerprint != plain.fingerprint
    for change in (
        {"seed": 8},
        {"protonation": "as_drawn"},
        {"isomers": 1},
        {"scoring": "vinardo"},
    ):
        assert DockingOracle(settings(**change)).fingerprint != plain.fingerprint


def test_poses_are_kept_with_the_form_that_was_docked(
    settings: Callable[..., DockingConfig], tmp_path: Path
) -> None:
    oracle = DockingOracle(settings(poses=tmp_path / "poses", poses_kept=2))
    table = measure(oracle, COMPOUNDS[1:], SerialExecutor(), tmp_path / "labels")
    value, message = table["value"][0].as_py(), table["message"][0].as_py()
    path = oracle.pose_file("B")
    assert path is not None
    assert 1 <= path.read_text().count("$$$$") <= 2
    assert f"{value:.6g}" in path.read_text()
    assert pose_smiles(read_pose(path)) in {"C[C@H](F)Cl", "C[C@@H](F)Cl"}
    assert pose_smiles(read_pose(path)) in message
    assert message.endswith("best of 2 docked forms")
    acid = oracle.pose_file("C")
    assert acid is not None
    assert pose_smiles(read_pose(acid)) == "CC(=O)[O-]"


def test_what_cannot_be_docked_is_a_row(settings: Callable[..., DockingConfig]) -> None:
    rows = DockingOracle(settings()).measure([("A", "C["), ("B", "C[Se]C"), *COMPOUNDS[:1]])
    assert rows["code"].to_pylist() == ["syntax", "measurement_failed", "none"]


def test_a_receptor_vina_refuses_is_no_fault_of_a_compound(
    settings: Callable[..., DockingConfig], receptor: Path
) -> None:
    receptor.write_text(receptor.read_text().replace(" OA", " QQ"))
    with pytest.raises(InputError, match="Vina refuses receptor"):
        DockingOracle(settings()).measure(COMPOUNDS)


def test_a_receptor_vina_refuses_wastes_no_compound(
    settings: Callable[..., DockingConfig], receptor: Path, tmp_path: Path
) -> None:
    receptor.write_text(receptor.read_text().replace(" OA", " QQ"))
    with pytest.raises(HitsieveError, match="did not start"):
        measure(DockingOracle(settings()), COMPOUNDS, SerialExecutor(), tmp_path / "labels")
    assert not list((tmp_path / "labels").rglob("*.json"))
