"""Two builds of one library at a time: one works, the other says so, and nothing is harmed."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from hitsieve.engine import SerialExecutor
from hitsieve.errors import IncompleteError
from hitsieve.library import Library, LibraryConfig, build_library
from hitsieve.library.alone import build_alone
from hitsieve.library.config import AddConfig
from hitsieve.library.cut.selection import SubsetConfig
from hitsieve.library.cut.subset import cut_subset
from hitsieve.library.growth.add import add_release
from hitsieve.library.layout import MANIFEST, RUNS
from hitsieve.store.lease import Lease

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.library import Progress
    from hitsieve.library.progress import OnProgress


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.smi"
    path.write_text("".join(f"{'C' * n}O n{n}\n" for n in range(1, 60)))
    return path


def contents(root: Path) -> dict[str, bytes]:
    """Return all that must be equal in every run."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.relative_to(root).parts[0] != RUNS
    }


class Interrupted(Exception):  # noqa: N818 - what a test does to a build
    """Ends a build after its first piece."""


def interrupt(_: Progress) -> None:
    raise Interrupted


def build(source: Path, base: Path, out: Path, told: OnProgress | None) -> None:
    del base
    build_library(LibraryConfig(inputs=[str(source)], output=out), SerialExecutor(), told)


def add(source: Path, base: Path, out: Path, told: OnProgress | None) -> None:
    more = source.with_name("more.smi")
    more.write_text("c1ccccc1 ring\n")
    add_release(AddConfig(library=base, inputs=[str(more)], output=out), SerialExecutor(), told)


def cut(source: Path, base: Path, out: Path, told: OnProgress | None) -> None:
    del source
    cut_subset(SubsetConfig(library=base, output=out, sample=9), SerialExecutor(), told)


@pytest.mark.parametrize("work", [build, add, cut])
def test_whoever_comes_second_is_told_and_can_go_on_later(
    tmp_path: Path, source: Path, work: Callable[..., None]
) -> None:
    base, out, other = tmp_path / "base", tmp_path / "out", tmp_path / "other"
    build(source, base, base, None)
    with pytest.raises(Interrupted):
        work(source, base, out, interrupt)
    with (
        Lease(out / RUNS / "driver", "the other build"),
        pytest.raises(IncompleteError, match="is being worked on by another process"),
    ):
        work(source, base, out, None)
    assert not (out / MANIFEST).exists()
    work(source, base, out, None)
    work(source, base, other, None)
    assert contents(out) == contents(other)


def test_a_finished_library_is_not_touched(tmp_path: Path, source: Path) -> None:
    out = tmp_path / "out"
    build(source, out, out, None)
    assert build_alone(out, lambda: pytest.fail("it is finished")) is None
    assert [path.name for path in (out / RUNS).iterdir()] == ["run-0001.json"]


def test_two_commands_at_once_make_one_sound_library(tmp_path: Path, source: Path) -> None:
    command = [sys.executable, "-m", "hitsieve", "library", "build", str(source), "--out", "lib"]
    both = [
        subprocess.Popen(
            [*command, "--executor", "serial"], cwd=tmp_path, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    told = [process.communicate(timeout=300)[1] for process in both]
    codes = [process.returncode for process in both]
    assert 0 in codes
    for code, text in zip(codes, told, strict=True):
        assert code == 0 or (code == IncompleteError.exit_code and "another process" in text), text
    Library.open(tmp_path / "lib").verify()
    build(source, tmp_path, tmp_path / "alone", None)
    assert contents(tmp_path / "lib") == contents(tmp_path / "alone")
