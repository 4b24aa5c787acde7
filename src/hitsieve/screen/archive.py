"""Packing a screen into one file, and deleting one: whole or not at all."""

from __future__ import annotations

import io
import secrets
import shutil
import tarfile
from typing import TYPE_CHECKING, Final

from hitsieve.errors import NotFoundError, UsageError
from hitsieve.screen.journal import RUNS_FOLDER
from hitsieve.screen.live import read_live
from hitsieve.screen.plan import PLAN_FILE, load_plan
from hitsieve.screen.verify import verify_screen
from hitsieve.store.files import atomic_path, storage_errors, temporary_of, write_atomic
from hitsieve.store.place import is_remote, place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_DELETED: Final = ".deleted-"
_MARK: Final = ".deleted"
_MODE: Final = 0o644


def archive_screen(folder: Path, path: Path, *, journals: bool = False) -> int:
    """Write a verified screen into a tar file; equal screens make equal bytes.

    Unpack it with any tar; then ``hitsieve screen verify`` tells whether it arrived whole.

    Parameters
    ----------
    folder
        The screen.
    path
        The tar file, which must not lie in the screen.
    journals
        Whether the journals of its runs go along; they hold host names and times.

    Returns
    -------
    int
        How many files it holds.

    Raises
    ------
    UsageError
        If the path is no ``.tar`` outside of the screen.
    ChecksumError
        If the screen is damaged.
    StorageError
        If the file cannot be written.
    """
    folder, path = place(folder).resolve(), place(path).resolve()
    inside = is_remote(path) == is_remote(folder) and path.is_relative_to(folder)
    if path.suffix != ".tar" or inside:
        raise UsageError(
            f"cannot archive {folder} as {path}",
            cure="name a file that ends in .tar, outside of the screen; Parquet is compressed",
        )
    verify_screen(folder).raise_problems()
    files = list(_files(folder, journals=journals))
    with atomic_path(path) as temporary, tarfile.open(temporary, "w") as tar:
        for file in files:
            entry = tarfile.TarInfo(f"{folder.name}/{file.relative_to(folder).as_posix()}")
            data = file.read_bytes()
            entry.size, entry.mode = len(data), _MODE
            tar.addfile(entry, io.BytesIO(data))
    return len(files)


def delete_screen(folder: Path, *, running: bool = False) -> None:
    """Delete a screen: it is there whole or not at all, however often this is interrupted.

    A folder is renamed first. An object store cannot rename, so a mark is left while its
    objects go, the plan first; deleting it again ends what was begun.

    Parameters
    ----------
    folder
        The screen, a path or URL.
    running
        Whether it may be deleted though a run seems to be working on it.

    Raises
    ------
    NotFoundError
        If the folder holds no screen.
    UsageError
        If a run is working on it.
    StorageError
        If the storage refuses.
    """
    folder = place(folder)
    if is_remote(folder):
        _delete_objects(folder, running=running)
        return
    if not folder.is_symlink() and folder.is_dir():
        sweep_deleted(folder.resolve().parent)
    load_plan(folder)
    if folder.is_symlink():
        raise NotFoundError(f"{folder} is a link to a screen", cure="name the screen itself")
    folder = folder.resolve()
    if not running:
        _refuse_running(folder)
    grave = folder.with_name(f"{_DELETED}{folder.name}-{secrets.token_hex(4)}")
    with storage_errors(folder):
        folder.rename(grave)
        shutil.rmtree(grave)


def sweep_deleted(parent: Path) -> None:
    """Remove what an interrupted deletion left behind in a folder of screens.

    Raises
    ------
    StorageError
        If the storage refuses.
    """
    for grave in parent.glob(f"{_DELETED}*"):
        with storage_errors(grave):
            shutil.rmtree(grave)


def _delete_objects(folder: Path, *, running: bool) -> None:
    mark = folder / _MARK
    with storage_errors(folder):
        if not mark.is_file():
            load_plan(folder)
            if not running:
                _refuse_running(folder)
            write_atomic(mark, b"")
        (folder / PLAN_FILE).unlink(missing_ok=True)
        for path in folder.rglob("*"):
            if path != mark:
                path.unlink(missing_ok=True)
        mark.unlink(missing_ok=True)


def _refuse_running(folder: Path) -> None:
    live = read_live(folder)
    if live is not None and live.get("state") == "running":
        raise UsageError(
            f"a run is working on {folder} (process {live.get('pid')} on {live.get('host')})",
            cure="stop it first, or say that it is gone with --force",
        )


def _files(folder: Path, *, journals: bool) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        journal = path.relative_to(folder).parts[0] == RUNS_FOLDER
        if path.is_file() and temporary_of(path.name) is None and (journals or not journal):
            yield path
