from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hitsieve import resources
from hitsieve.errors import NotFoundError

if TYPE_CHECKING:
    from pathlib import Path


def place(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = root / "src" / "hitsieve"
    package.mkdir(parents=True)
    monkeypatch.setattr(resources, "_PACKAGE", package)
    return package


def test_a_checkout_keeps_data_at_its_top_level(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(tmp_path, monkeypatch)
    (tmp_path / "models" / "recipes").mkdir(parents=True)
    (tmp_path / "pyproject.toml").touch()
    assert resources.folder("models/recipes") == tmp_path / "models" / "recipes"


def test_packaged_data_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = place(tmp_path, monkeypatch)
    (tmp_path / "pyproject.toml").touch()
    for folder in (tmp_path / "datasets", package / "_data" / "datasets"):
        folder.mkdir(parents=True)
    assert resources.folder("datasets") == package / "_data" / "datasets"


def test_folders_beside_an_installed_package_are_not_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place(tmp_path, monkeypatch)
    (tmp_path / "datasets").mkdir()
    with pytest.raises(NotFoundError, match="no packaged data folder 'datasets'"):
        resources.folder("datasets")
