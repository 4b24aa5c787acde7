"""Doctor tells the truth about the machine, and every problem has a cure."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from hitsieve.cli import machine
from hitsieve.cli.settings import Settings

if TYPE_CHECKING:
    import pytest


def test_everything_is_plain_json() -> None:
    found = machine.inspect(Settings())
    assert json.loads(json.dumps(found)) == found
    assert set(found) == {"versions", "extras", "machine", "settings", "use", "problems"}


def test_cores_respect_affinity_and_container(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    monkeypatch.setattr(machine, "_read", lambda _: "max 100000\n")
    assert machine.cores() == 8
    monkeypatch.setattr(machine, "_read", lambda _: "250000 100000\n")
    assert machine.cores() == 2
    monkeypatch.setattr(machine, "_read", lambda _: "50000 100000\n")
    assert machine.cores() == 1


def test_memory_respects_the_container(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_read", lambda _: "max\n")
    whole = machine.memory_bytes()
    monkeypatch.setattr(machine, "_read", lambda _: "1048576\n")
    assert machine.memory_bytes() == 1 << 20
    monkeypatch.setattr(machine, "_read", lambda _: "")
    assert machine.memory_bytes() == whole


def test_a_gpu_driver_that_does_not_answer_means_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("nvidia-smi", 20)

    monkeypatch.setattr(machine.shutil, "which", lambda _: "/usr/bin/nvidia-smi")
    monkeypatch.setattr(machine.subprocess, "run", hang)
    assert machine.gpus() == []


def test_gpus_are_read_line_by_line(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = subprocess.CompletedProcess([], 0, stdout="NVIDIA L4, 23034 MiB\n\n")
    monkeypatch.setattr(machine.shutil, "which", lambda _: "/usr/bin/nvidia-smi")
    monkeypatch.setattr(machine.subprocess, "run", lambda *_, **__: answer)
    assert machine.gpus() == ["NVIDIA L4, 23034 MiB"]


def test_problems_name_the_cure() -> None:
    poor = {"memory_gib": 1.0, "disk_free_gib": 0.5}
    settings = Settings(data_mirror=Path("nowhere/at/all"))
    found = machine.problems({"rdkit": "not installed", "torch": "2"}, poor, settings)
    assert len(found) == 4
    assert all(": " in problem for problem in found)
    rich = {"memory_gib": 64.0, "disk_free_gib": 500.0}
    assert machine.problems({"rdkit": "1"}, rich, Settings()) == []
