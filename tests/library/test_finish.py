from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import StorageError
from hitsieve.library import finish

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.library import Library

    Build = Callable[..., Library]


def test_only_the_library_remains(build: Build, tmp_path: Path) -> None:
    (tmp_path / "x.smi").write_text("CCO a\nC1CC b\n")
    root = build(tmp_path / "x.smi").root
    found = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert found == {
        "manifest.json",
        "shards/shard-00000.parquet",
        "rejects/chunk-00000.parquet",
        "_commits/shards/shard-00000.json",
        "runs/run-0001.json",
    }
    run = json.loads((root / "runs" / "run-0001.json").read_text())
    assert (run["executor"], run["workers"]) == ("serial", 1)
    assert set(run["seconds"]) == {"check", "standardize", "featurize"}


def test_an_interrupted_sweep_is_finished_by_the_next_run(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Path) -> None:
        raise StorageError("gone")

    (tmp_path / "x.smi").write_text("CCO a\n")
    with monkeypatch.context() as patch:
        patch.setattr(finish, "sweep", fail)
        with pytest.raises(StorageError):
            build(tmp_path / "x.smi")
    assert (tmp_path / "library" / "staging").is_dir()
    root = build(tmp_path / "x.smi").root
    assert not (root / "staging").exists()
    assert not (root / "_commits" / "staging").exists()


def test_what_a_killed_writer_left_of_finished_files_goes(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was written before its file was committed, so the sweep at the start left it alone."""
    root = tmp_path / "library"
    token = "0123456789abcdef"  # noqa: S105 - of a temporary's name
    left = [
        root / "shards" / f".shard-00000.parquet.{token}.tmp",
        root / f".manifest.json.{token}.tmp",
    ]
    started = finish.sweep

    def killed_before(place: Path) -> None:
        for path in left:
            path.write_bytes(b"half")
        started(place)

    (tmp_path / "x.smi").write_text("CCO a\n")
    monkeypatch.setattr(finish, "sweep", killed_before)
    build(tmp_path / "x.smi")
    assert not any(path.exists() for path in left)
    assert not list(root.rglob(".*.tmp"))


def test_no_times_hosts_or_paths_in_the_manifest(build: Build, tmp_path: Path) -> None:
    (tmp_path / "x.smi").write_text("CCO a\n")
    text = (build(tmp_path / "x.smi").root / "manifest.json").read_text()
    assert str(tmp_path) not in text
    assert "seconds" not in json.loads(text)
