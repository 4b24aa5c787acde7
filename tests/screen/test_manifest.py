from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import IncompleteError, InputError, StorageError
from hitsieve.provenance import sha256_file
from hitsieve.screen import load_plan, manifest, run_screen
from hitsieve.screen.manifest import MANIFEST_FILE, read_manifest, seal
from hitsieve.store import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hitsieve.screen import ScreenConfig
    from hitsieve.testing.fakes import FakeSources

    Configure = Callable[..., ScreenConfig]


def test_a_whole_screen_lists_every_file(configure: Configure, sources: FakeSources) -> None:
    folder = run_screen(configure(), sources=sources).folder
    found = read_manifest(folder)
    assert found is not None
    assert (found["shards"], found["compounds"], found["rows"]) == (5, 132, 4 * 132)
    assert found["fingerprint"] == load_plan(folder).fingerprint
    on_disk = {str(p.relative_to(folder)): sha256_file(p) for p in folder.rglob("*.parquet")}
    assert {name: entry["sha256"] for name, entry in found["files"].items()} == on_disk


def test_a_screen_with_a_gap_has_none(configure: Configure, sources: FakeSources) -> None:
    with pytest.raises(IncompleteError):
        run_screen(configure(), sources=replace(sources, broken="shard-00003"))
    folder = configure().output
    assert read_manifest(folder) is None
    assert not seal(load_plan(folder), Ledger(folder))
    run_screen(configure(), sources=sources)
    assert read_manifest(folder) is not None


def test_a_damaged_manifest_is_written_anew(configure: Configure, sources: FakeSources) -> None:
    path = run_screen(configure(), sources=sources).folder / MANIFEST_FILE
    whole = path.read_bytes()
    path.write_text(json.dumps([1]))
    with pytest.raises(InputError, match="no manifest of a screen"):
        read_manifest(path.parent)
    run_screen(configure(), sources=sources)
    assert path.read_bytes() == whole


def test_a_driver_whose_temporary_was_swept_finds_the_other_ones_manifest(
    configure: Configure, sources: FakeSources, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = run_screen(configure(), sources=sources).folder
    path = folder / MANIFEST_FILE
    data = path.read_bytes()
    path.unlink()

    def swept(target: Path, _: bytes) -> bool:
        target.write_bytes(data)
        raise StorageError("the temporary vanished")

    monkeypatch.setattr(manifest, "create_exclusive", swept)
    assert seal(load_plan(folder), Ledger(folder))

    def full(*_: object) -> bool:
        raise StorageError("the disk is full")

    path.unlink()
    monkeypatch.setattr(manifest, "create_exclusive", full)
    with pytest.raises(StorageError, match="full"):
        seal(load_plan(folder), Ledger(folder))
