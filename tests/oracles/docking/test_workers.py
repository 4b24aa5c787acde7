"""Docking on Ray workers: the same labels and poses as in one process, also where one is killed."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from hitsieve.engine import SerialExecutor
from hitsieve.oracles import MeasureConfig, measure
from hitsieve.oracles.docking import DockingOracle
from hitsieve.testing.oracle_kit import CountedOracle

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.engine import Executor
    from hitsieve.oracles.docking import DockingConfig

pytest.importorskip("vina", reason="the extra `docking` is not installed")
pytest.importorskip("meeko", reason="the extra `docking` is not installed")
psutil = pytest.importorskip("psutil", reason="psutil finds the workers to be killed")

pytestmark = [pytest.mark.ray, pytest.mark.slow]

COMPOUNDS = [
    ("A", "CCO"),
    ("B", "CC(F)Cl"),
    ("C", "CC(=O)O"),
    ("D", "Oc1ccccc1"),
    ("E", "CCCCN"),
    ("F", "C[Se]C"),  # Vina knows no selenium: a failed label
]
CHILD = "hitsieve.oracles.child"


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def docked(
    config: DockingConfig, executor: Executor, folder: Path
) -> tuple[dict[str, bytes], dict[str, int]]:
    """Dock all compounds; return labels and poses, and how often each was docked."""
    oracle = DockingOracle(config.model_copy(update={"poses": folder / "poses"}))
    counted = CountedOracle(oracle, folder / "log")
    measure(counted, COMPOUNDS, executor, folder / "labels", MeasureConfig(pause_s=0))
    labels, poses = files(folder / "labels"), files(folder / "poses")
    return labels | poses, dict(counted.counts())


def kill_one(log: Path, who: str, killed: list[int]) -> None:
    """Kill a process that docks, or the worker it belongs to, once two compounds were begun."""
    until = time.monotonic() + 300
    while time.monotonic() < until and not killed:
        time.sleep(0.02)
        if not log.exists() or len(log.read_text().split()) < 2:
            continue
        for process in psutil.Process().children(recursive=True):
            try:
                if CHILD in process.cmdline():
                    victim = process if who == "oracle" else process.parent()
                    victim.kill()
                    killed.append(victim.pid)
                    return
            except psutil.NoSuchProcess:
                continue


@pytest.mark.parametrize("who", ["nobody", "worker", "oracle"])
def test_workers_dock_as_one_process_does_whoever_is_killed(
    who: str, settings: Callable[..., DockingConfig], tmp_path: Path, ray_executor: Executor
) -> None:
    config = settings(evaluations=30_000, exhaustiveness=4)  # long enough to be killed in
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with SerialExecutor() as executor:
        one, _ = docked(config, executor, tmp_path / "one")
    assert len(one) == 2 * len(COMPOUNDS) - 1
    killed: list[int] = []
    killer = threading.Thread(target=kill_one, args=(tmp_path / "two/log", who, killed))
    if who != "nobody":
        killer.start()
    two, counts = docked(config, ray_executor, tmp_path / "two")
    if who != "nobody":
        killer.join()
        assert killed
    assert two == one
    assert set(counts) == {name for name, _ in COMPOUNDS}
    assert sum(counts.values()) - len(COMPOUNDS) <= (who != "nobody"), "only what was lost"
