from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import ChecksumError, IncompleteError
from hitsieve.screen import run_screen
from hitsieve.screen.verify import verify_screen

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.screen import ScreenConfig
    from hitsieve.testing.fakes import FakeSources

    Configure = Callable[..., ScreenConfig]


@pytest.fixture
def folder(configure: Configure, sources: FakeSources) -> Path:
    return run_screen(configure(), sources=sources).folder


def test_a_sound_screen_has_no_problems(folder: Path) -> None:
    found = verify_screen(folder)
    assert (found.files, found.rows, found.complete, found.problems) == (20, 528, True, ())
    found.raise_problems()


def test_an_unfinished_screen_is_sound_too(configure: Configure, sources: FakeSources) -> None:
    with pytest.raises(IncompleteError):
        run_screen(configure(), sources=replace(sources, broken="shard-00003"))
    found = verify_screen(configure().output)
    assert (found.files, found.complete, found.problems) == (16, False, ())


def one(folder: Path, pattern: str) -> Path:
    return next(path for path in sorted(folder.rglob(pattern)) if path.stat().st_size > 100)


def flip(folder: Path) -> None:
    path = one(folder / "scores", "*.parquet")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def lose(folder: Path) -> None:
    one(folder / "scores", "*.parquet").unlink()


def cut(folder: Path) -> None:
    path = one(folder / "scores", "*.parquet")
    path.write_bytes(path.read_bytes()[:-9])


def add(folder: Path) -> None:
    (folder / "scores" / "extra.parquet").write_bytes(b"x")


def miscount(folder: Path) -> None:
    path = one(folder / "_commits", "*.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"rows": 7}))


def rename(folder: Path) -> None:
    path = one(folder / "_commits", "*.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"fingerprint": "0" * 16}))


def forget(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def misremember(folder: Path) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    next(iter(manifest["files"].values()))["sha256"] = "0" * 64
    path.write_text(json.dumps(manifest | {"rows": 3, "fingerprint": "other"}))


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (flip, "is not the recorded"),
        (lose, "no file is not the recorded"),
        (cut, "is not the recorded"),
        (add, "extra.parquet is not committed"),
        (miscount, "is committed with 7 rows"),
        (rename, "is committed as 0000"),
        (forget, "is missing, though every shard is committed"),
        (misremember, "manifest and commit records differ on"),
    ],
)
def test_damage_is_found(folder: Path, damage: Callable[[Path], None], told: str) -> None:
    damage(folder)
    found = verify_screen(folder)
    assert any(told in problem for problem in found.problems), found.problems
    with pytest.raises(ChecksumError, match="problem"):
        found.raise_problems()
