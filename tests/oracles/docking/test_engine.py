from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from hitsieve.chem.poses import relaxed_conformer
from hitsieve.errors import ConfigError, InputError, NotFoundError
from hitsieve.oracles.docking.engine import (
    PACKAGES,
    Engine,
    LigandRefusedError,
    engine_versions,
    read_receptor,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.oracles.docking import DockingConfig


def test_receptors_are_read_packed_or_not(receptor: Path, tmp_path: Path) -> None:
    packed = tmp_path / "receptor.pdbqt.gz"
    packed.write_bytes(gzip.compress(receptor.read_bytes()))
    assert read_receptor(packed) == read_receptor(receptor) == receptor.read_bytes()


@pytest.mark.parametrize("text", ["", "REMARK nothing\n", "ATOM      1  C   ALA A   1\n"])
def test_files_that_are_no_receptor(tmp_path: Path, text: str) -> None:
    path = tmp_path / "receptor.pdbqt"
    path.write_text(text)
    with pytest.raises(InputError, match="no receptor in PDBQT format"):
        read_receptor(path)


def test_a_receptor_that_is_not_there_or_broken(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_receptor(tmp_path / "absent")
    broken = tmp_path / "receptor.pdbqt.gz"
    broken.write_bytes(b"no gzip")
    with pytest.raises(InputError, match="cannot be read"):
        read_receptor(broken)


def test_without_the_extra_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import metadata

    def absent(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", absent)
    with pytest.raises(ConfigError, match=r"vina(.|\n)*hitsieve\[docking\]"):
        engine_versions()


def test_versions_are_known() -> None:
    pytest.importorskip("vina", reason="the extra `docking` is not installed")
    assert set(engine_versions()) == set(PACKAGES)


def test_poses_lie_in_the_box_best_first(settings: Callable[..., DockingConfig]) -> None:
    pytest.importorskip("vina", reason="the extra `docking` is not installed")
    engine = Engine(settings(evaluations=2000))
    mol = relaxed_conformer("CCO", seed=1, timeout_s=20)
    assert mol is not None
    poses = engine.dock(mol)
    affinities = [pose.affinity for pose in poses]
    assert affinities == sorted(affinities)
    assert affinities[0] < 0
    for pose in poses:
        places = pose.mol.GetConformer(pose.conformer).GetPositions()
        assert abs(places).max() < 5 + 3  # a hydrogen may stick out
    assert [pose.affinity for pose in engine.dock(mol)] == affinities


def test_a_ligand_vina_does_not_know_is_refused(settings: Callable[..., DockingConfig]) -> None:
    pytest.importorskip("vina", reason="the extra `docking` is not installed")
    mol = relaxed_conformer("C[Se]C", seed=1, timeout_s=20)
    assert mol is not None
    with pytest.raises(LigandRefusedError):
        Engine(settings()).dock(mol)


@pytest.mark.parametrize(
    ("said", "kind"),
    [("std::bad_alloc", MemoryError), ("unknown atom type Qq", LigandRefusedError)],
)
def test_used_up_memory_is_no_refusal(
    settings: Callable[..., DockingConfig],
    monkeypatch: pytest.MonkeyPatch,
    said: str,
    kind: type[Exception],
) -> None:
    vina = pytest.importorskip("vina", reason="the extra `docking` is not installed")
    pytest.importorskip("meeko", reason="the extra `docking` is not installed")

    def failing(*_arguments: object, **_options: object) -> None:
        raise RuntimeError(said)

    mol = relaxed_conformer("CCO", seed=1, timeout_s=20)
    assert mol is not None
    engine = Engine(settings())
    monkeypatch.setattr(vina.Vina, "dock", failing)
    with pytest.raises(kind, match=f"Vina: {said}"):
        engine.dock(mol)
