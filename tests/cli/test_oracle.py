from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.chem.poses import relaxed_conformer
from hitsieve.chem.records import sdf_of
from hitsieve.oracles import docking
from hitsieve.oracles.docking.redock import Redocked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.oracles.docking import DockingConfig

    Run = Callable[..., Any]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """A ligand with coordinates, a receptor, and a box around the origin."""
    ligand = relaxed_conformer("CC(=O)Nc1ccccc1", seed=1, timeout_s=20)
    assert ligand is not None
    (tmp_path / "ligand.sdf").write_text(sdf_of(ligand, "known", {}))
    (tmp_path / "abl1.pdbqt").write_text("ATOM\n")
    lines = [f"center_{axis} = 0.0\nsize_{axis} = 12.0\n" for axis in "xyz"]
    (tmp_path / "box.txt").write_text("".join(lines))
    return {
        "ligand": tmp_path / "ligand.sdf",
        "receptor": tmp_path / "abl1.pdbqt",
        "box": tmp_path / "box.txt",
    }


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[DockingConfig]:
    """Settings that docking was asked for; its poses are 1.5 and 6 Å away."""
    seen: list[DockingConfig] = []

    def opened(config: DockingConfig) -> str:
        seen.append(config)
        return "an oracle"

    def found(oracle: object, known: Any) -> Redocked:
        assert oracle == "an oracle"
        assert known.GetNumAtoms() > 9
        return Redocked("CC(=O)Nc1ccccc1", -6.54321, (1.5, 6.0))

    monkeypatch.setattr(docking, "DockingOracle", opened)
    monkeypatch.setattr(docking, "redock", found)
    return seen


def test_poses_are_told_with_their_distance(
    hitsieve: Run, files: dict[str, Path], asked: list[DockingConfig]
) -> None:
    flags = ["--receptor", files["receptor"], "--box-file", files["box"]]
    shown = hitsieve("oracle", "redock", files["ligand"], *flags, "--exhaustiveness", "3", "--json")
    assert shown.exit_code == 0, shown.stderr
    assert json.loads(shown.stdout) == {
        "target": "abl1", "smiles": "CC(=O)Nc1ccccc1", "affinity": -6.543,
        "unit": "kcal/mol", "rmsd": 1.5, "within": 2.0, "found": True, "poses": [1.5, 6.0],
    }  # fmt: skip
    (config,) = asked
    assert config.exhaustiveness == 3
    assert config.search_box().size == (12.0, 12.0, 12.0)
    table = hitsieve("oracle", "redock", files["ligand"], *flags, "--within", "1")
    assert "2\t6.0" in table.stdout
    assert "8 searches as long as Vina likes" in " ".join(table.stderr.split())
    assert "look at box, protonation" in " ".join(table.stderr.split())


def test_flags_win_over_the_file(
    hitsieve: Run, files: dict[str, Path], asked: list[DockingConfig], tmp_path: Path
) -> None:
    path = tmp_path / "docking.yaml"
    path.write_text(
        f"kind: docking\ntarget: ABL1\nreceptor: {files['receptor']}\nbox_file: {files['box']}\n"
        "exhaustiveness: 16\nseed: 5\n"
    )
    found = hitsieve("oracle", "redock", files["ligand"], "--config", path, "--seed", "9")
    assert found.exit_code == 0, found.stderr
    assert (asked[0].target, asked[0].exhaustiveness, asked[0].seed) == ("ABL1", 16, 9)


def test_a_dry_run_docks_nothing(
    hitsieve: Run, files: dict[str, Path], asked: list[DockingConfig]
) -> None:
    flags = ["--receptor", files["receptor"], "--box-file", files["box"], "--dry-run"]
    shown = hitsieve("oracle", "redock", files["ligand"], *flags)
    assert shown.exit_code == 0, shown.stderr
    assert "exhaustiveness: 8" in shown.stdout
    assert "nothing was done" in shown.stderr
    assert asked == []


def test_what_cannot_be_is_refused(hitsieve: Run, files: dict[str, Path], tmp_path: Path) -> None:
    missing = hitsieve("oracle", "redock", files["ligand"], "--receptor", files["receptor"])
    assert missing.exit_code == 2
    assert "`box` or `box_file`" in missing.stderr
    flags = ["--receptor", files["receptor"], "--box-file", files["box"]]
    absent = hitsieve("oracle", "redock", tmp_path / "absent.sdf", *flags)
    assert absent.exit_code == 3
    (tmp_path / "broken.sdf").write_text("no structure\n")
    assert hitsieve("oracle", "redock", tmp_path / "broken.sdf", *flags).exit_code == 3


def test_a_pose_is_found_again(hitsieve: Run, files: dict[str, Path]) -> None:
    pytest.importorskip("vina", reason="the extra `docking` is not installed")
    pytest.importorskip("meeko", reason="the extra `docking` is not installed")
    files["receptor"].write_text(
        "ATOM      1  C   ALA A   1       5.000   5.000   5.000  1.00  0.00     0.050 C \n"
    )
    flags = ["--receptor", files["receptor"], "--box-file", files["box"], "--exhaustiveness", "1"]
    shown = hitsieve("oracle", "redock", files["ligand"], *flags, "--json")
    assert shown.exit_code == 0, shown.stderr
    assert len(json.loads(shown.stdout)["poses"]) >= 1
