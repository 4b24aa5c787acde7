from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.screen import ScreenConfig
from hitsieve.testing.fakes import FakeSources, write_fake_library

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SIZES = (40, 0, 25, 60, 7)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    return write_fake_library(tmp_path / "library", SIZES)


@pytest.fixture
def sources(tmp_path: Path) -> FakeSources:
    calls = tmp_path / "calls"
    calls.mkdir()
    return FakeSources(calls=calls)


@pytest.fixture
def configure(tmp_path: Path, library: Path) -> Callable[..., ScreenConfig]:
    def build(output: str = "screen", **settings: Any) -> ScreenConfig:
        given = {
            "library": library,
            "models": ["gnn@1", "forest@2"],
            "output": tmp_path / output,
            "executor": "serial",
            "reuse": False,
        }
        return ScreenConfig(**(given | settings))

    return build


@pytest.fixture
def contents() -> Callable[[Path], dict[str, bytes]]:
    """Return all files of a screen but its journals, by relative path."""

    def read(folder: Path) -> dict[str, bytes]:
        files = (path for path in folder.rglob("*") if path.is_file())
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for path in files
            if path.relative_to(folder).parts[0] != "runs"
        }

    return read
