from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from hitsieve.errors import NotFoundError, QuarantinedError
from hitsieve.registry.locate import locate
from hitsieve.registry.registry import Registry

if TYPE_CHECKING:
    from pathlib import Path

    from hitsieve.registry.contents import BundleContents


@pytest.fixture
def folder(tmp_path: Path, contents: BundleContents) -> Path:
    """Folder of demo@1 in the registry ``models``."""
    return Registry(tmp_path / "models").add(contents).folder


def test_a_model_is_found_by_name_and_by_path(tmp_path: Path, folder: Path) -> None:
    assert locate("demo@1", tmp_path / "models") == folder.resolve()
    assert locate(str(folder), tmp_path / "none") == folder.resolve()
    (tmp_path / "link").symlink_to(folder)
    assert locate(str(tmp_path / "link"), tmp_path / "none") == folder.resolve()
    with pytest.raises(NotFoundError, match="no model 'demi'"):
        locate("demi", tmp_path / "models")


def test_a_blocked_model_is_refused_by_name_path_and_bytes(tmp_path: Path, folder: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    Registry(tmp_path / "models").quarantine("demo", 1, "wrong plates")
    for reference in ("demo", "demo@1", str(folder), str(copy)):
        with pytest.raises(QuarantinedError, match="wrong plates"):
            locate(reference, tmp_path / "models")
    with pytest.raises(QuarantinedError, match="wrong plates"):
        locate(str(folder), tmp_path / "none")
    assert locate(str(copy), tmp_path / "none") == copy
