"""Full disks, read-only folders, no memory, a library that vanishes: said clearly, resumable."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.errors import HitsieveError, IncompleteError, StorageError
from hitsieve.screen import Progress, run_screen, work
from hitsieve.screen.verify import verify_screen
from hitsieve.testing.crash_runs import contents
from hitsieve.testing.fakes import write_fake_library

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from hitsieve.screen import ScreenConfig
    from hitsieve.testing.fakes import FakeSources

    Configure = Callable[..., ScreenConfig]

MOUNT, UMOUNT = shutil.which("mount") or "", shutil.which("umount") or ""


def mounted(folder: Path, options: str) -> Iterator[Path]:
    folder.mkdir()
    if os.geteuid() != 0 or not (MOUNT and UMOUNT):
        pytest.skip("mounting a small file system needs root")
    command = [MOUNT, "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this system lets nobody mount a file system")
    yield folder
    # lazily: an indexer or a worker that is still ending may hold a file open for a moment
    subprocess.run([UMOUNT, "--lazy", str(folder)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    yield from mounted(tmp_path / "small", "size=320k")


def test_a_full_disk_is_said_and_the_screen_goes_on_once_there_is_room(
    configure: Configure, sources: FakeSources, small_disk: Path
) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 200_000)
    config = configure(output=small_disk / "screen")
    with pytest.raises(StorageError, match="No space left") as caught:
        run_screen(config, sources=sources)
    assert caught.value.exit_code == 5
    assert "free some space" in str(caught.value)
    assert [p for p in verify_screen(config.output).problems if "not committed" not in p] == []
    ballast.unlink()
    assert run_screen(config, sources=sources).complete
    clean = run_screen(configure("clean"), sources=sources)
    assert contents(config.output) == contents(clean.folder)


def test_a_folder_that_turns_read_only_is_said(
    configure: Configure, sources: FakeSources, small_disk: Path
) -> None:
    config = configure(output=small_disk / "screen")

    def remount(mode: str) -> None:
        subprocess.run([MOUNT, "-o", f"remount,{mode}", str(small_disk)], check=True)

    def freeze(state: Progress) -> None:
        if state.done == 2:
            remount("ro")

    with pytest.raises(StorageError, match=r"[Rr]ead-only") as caught:
        run_screen(config, progress=freeze, sources=sources)
    assert "read-only" in str(caught.value)
    remount("rw")
    assert run_screen(config, sources=sources).found >= 2
    clean = run_screen(configure("clean"), sources=sources)
    assert contents(config.output) == contents(clean.folder)


def test_files_larger_than_the_limit_are_said(
    configure: Configure, sources: FakeSources, tmp_path: Path
) -> None:
    config = configure(library=write_fake_library(tmp_path / "large", (3000, 3000)))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, hard))
    try:
        with pytest.raises(StorageError, match="File too large") as caught:
            run_screen(config, sources=sources)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "ulimit" in str(caught.value)
    assert run_screen(config, sources=sources).complete


def test_no_memory_gives_a_shard_up_and_a_later_run_takes_it(
    configure: Configure, sources: FakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = work.checked

    def starve(table: Any, output: Any, ids: Any) -> Any:
        if output.key.endswith("00003"):
            raise MemoryError("cannot allocate 80 GiB")
        return original(table, output, ids)

    with monkeypatch.context() as patched:
        patched.setattr(work, "checked", starve)
        with pytest.raises(IncompleteError, match=r"shard-00003 \(MemoryError: cannot allocate"):
            run_screen(configure(), sources=sources)
    assert run_screen(configure(), sources=sources).scored == 1
    clean = run_screen(configure("clean"), sources=sources)
    assert contents(configure().output) == contents(clean.folder)


def test_a_library_that_vanishes_is_said_and_its_return_ends_well(
    configure: Configure, sources: FakeSources, library: Path, tmp_path: Path
) -> None:
    hidden = tmp_path / "hidden"

    def unplug(state: Progress) -> None:
        if state.done + state.failed == 2:
            library.rename(hidden)

    with pytest.raises(IncompleteError, match=r"3 of 5 shards.*FileNotFoundError") as caught:
        run_screen(configure(), progress=unplug, sources=sources)
    assert caught.value.exit_code == 5
    with pytest.raises(HitsieveError, match="holds no shards"):
        run_screen(configure(), sources=sources)
    hidden.rename(library)
    assert run_screen(configure(), sources=sources).scored == 3
    clean = run_screen(configure("clean"), sources=sources)
    assert contents(configure().output) == contents(clean.folder)
