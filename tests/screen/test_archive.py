from __future__ import annotations

import json
import tarfile
from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import ChecksumError, NotFoundError, StorageError, UsageError
from hitsieve.screen import archive, run_screen
from hitsieve.screen.archive import archive_screen, delete_screen
from hitsieve.screen.live import STATUS_FILE
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


def test_an_archive_holds_the_whole_screen(
    folder: Path, tmp_path: Path, contents: Callable[[Path], dict[str, bytes]]
) -> None:
    packed = tmp_path / "screen.tar"
    count = archive_screen(folder, packed)
    assert count == len(contents(folder))
    with tarfile.open(packed) as tar:
        tar.extractall(tmp_path / "there", filter="data")
    assert contents(tmp_path / "there" / "screen") == contents(folder)
    assert verify_screen(tmp_path / "there" / "screen").problems == ()


def test_equal_screens_make_equal_archives(folder: Path, tmp_path: Path) -> None:
    archive_screen(folder, tmp_path / "a.tar")
    archive_screen(folder, tmp_path / "b.tar")
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()
    more = archive_screen(folder, tmp_path / "c.tar", journals=True)
    with tarfile.open(tmp_path / "c.tar") as tar:
        assert f"screen/{STATUS_FILE}" in tar.getnames()
        assert len(tar.getnames()) == more


def test_a_damaged_screen_is_not_archived(folder: Path, tmp_path: Path) -> None:
    next((folder / "scores").rglob("*.parquet")).unlink()
    with pytest.raises(ChecksumError):
        archive_screen(folder, tmp_path / "screen.tar")
    assert not (tmp_path / "screen.tar").exists()


@pytest.mark.parametrize("name", ["screen.zip", "screen/inside.tar"])
def test_impossible_names_are_refused(folder: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot archive"):
        archive_screen(folder, tmp_path / name)


def test_a_deleted_screen_is_gone(folder: Path) -> None:
    delete_screen(folder)
    assert not folder.exists()
    assert [p.name for p in folder.parent.iterdir() if "delet" in p.name] == []
    with pytest.raises(NotFoundError):
        delete_screen(folder)


def test_what_is_no_screen_is_not_deleted(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(NotFoundError):
        delete_screen(tmp_path / "mine")
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(NotFoundError, match="is a link"):
        delete_screen(tmp_path / "link")
    assert (tmp_path / "mine").is_dir()
    assert folder.is_dir()


def test_a_screen_at_work_is_deleted_only_by_force(folder: Path) -> None:
    path = folder / STATUS_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | {"state": "running"}))
    with pytest.raises(UsageError, match="is working on"):
        delete_screen(folder)
    delete_screen(folder, running=True)
    assert not folder.exists()


def test_an_interrupted_deletion_is_finished_by_the_next(
    folder: Path, configure: Configure, sources: FakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Path) -> None:
        raise OSError(5, "I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(archive.shutil, "rmtree", full)
        with pytest.raises(StorageError):
            delete_screen(folder)
    assert not folder.exists(), "what is half deleted is no screen any more"
    other = run_screen(configure("other"), sources=sources).folder
    delete_screen(other)
    assert not list(folder.parent.glob(".deleted*"))
