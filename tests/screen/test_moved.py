"""Finding what a screen was made from after it was moved."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from hitsieve.errors import NotFoundError, SchemaError
from hitsieve.screen import load_plan
from hitsieve.screen.moved import find_library, moved_together


def test_ends_of_the_recorded_path_are_looked_for_from_near_to_far(tmp_path: Path) -> None:
    screen = tmp_path / "a" / "screens" / "first"
    near, far = tmp_path / "a" / "libraries" / "m", tmp_path / "libraries" / "m"
    beside = tmp_path / "a" / "screens" / "m"
    for folder in (screen, near, far, beside):
        folder.mkdir(parents=True)
    found = list(moved_together(screen, "/cluster/b/libraries/m"))
    assert found == [beside, near, far]
    assert list(moved_together(screen, str(near))) == [beside, far]
    assert list(moved_together(Path("s3://bucket/screen"), "/cluster/m")) == []
    assert list(moved_together(screen, "s3://bucket/libraries/m")) == []


def _moved(tiny: Any, folder: Path) -> Path:
    shutil.copytree(tiny.screen, folder / "screens" / "first")
    path = folder / "screens" / "first" / "screen.json"
    plan = json.loads(path.read_text())
    path.write_text(json.dumps({**plan, "library": "/cluster/libraries/drugs"}))
    return folder / "screens" / "first"


def test_a_library_moved_with_its_screen_is_found(tiny: Any, tmp_path: Path) -> None:
    screen = _moved(tiny, tmp_path)
    shutil.copytree(tiny.library, tmp_path / "libraries" / "drugs")
    assert find_library(load_plan(screen), screen).root == tmp_path / "libraries" / "drugs"


def test_another_library_of_that_name_is_passed_over(tiny: Any, tmp_path: Path) -> None:
    screen = _moved(tiny, tmp_path)
    other = tmp_path / "libraries" / "drugs"
    shutil.copytree(tiny.library, other)
    manifest = json.loads((other / "manifest.json").read_text())
    manifest["shards"][0]["sha256"] = "0" * 64
    (other / "manifest.json").write_text(json.dumps(manifest))
    plan = load_plan(screen)
    with pytest.raises(NotFoundError, match="no longer at /cluster/libraries/drugs") as caught:
        find_library(plan, screen)
    assert "--library" in caught.value.cure
    with pytest.raises(SchemaError, match="is not the library that was screened"):
        find_library(plan, screen, other)
    assert find_library(plan, screen, tiny.library).root == tiny.library
