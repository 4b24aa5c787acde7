from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from hitsieve.engine.gpus import GpuUse, gpu_use, parse_gpu_use

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

TWO = "0, NVIDIA H200, 143771, 512, 37\n1, Tesla T4, 15360, [N/A], [N/A]\n"


def driver(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = folder / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{script}\n")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_each_gpu_is_read_and_what_it_does_not_report_is_zero() -> None:
    assert parse_gpu_use(TWO) == (
        GpuUse(0, "NVIDIA H200", 143771, 512, 0.37),
        GpuUse(1, "Tesla T4", 15360, 0, 0),
    )


def test_noise_is_no_gpu() -> None:
    assert parse_gpu_use("NVIDIA-SMI has failed\n\n0, a, b\n") == ()


def test_the_driver_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver(tmp_path, f"printf '{TWO}'", monkeypatch)
    assert [gpu.name for gpu in gpu_use()] == ["NVIDIA H200", "Tesla T4"]


def test_a_broken_driver_is_no_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver(tmp_path, "exit 9", monkeypatch)
    assert gpu_use() == ()
    monkeypatch.setenv("PATH", "")
    assert gpu_use() == ()
