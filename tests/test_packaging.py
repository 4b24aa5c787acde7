"""The wheel carries cards, recipes, embedded sets and templates, and works from any folder."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NEEDED = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE")
FOLDERS = ("src/hitsieve", "datasets", "models/recipes")
SHIPPED = ("datasets", "models/recipes")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("source")
    for name in NEEDED:
        shutil.copy(ROOT / name, source / name)
    for name in FOLDERS:
        skipped = shutil.ignore_patterns("__pycache__", "_data")
        shutil.copytree(ROOT / name, source / name, ignore=skipped)
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation",
         "--wheel-dir", str(source / "dist"), str(source)],
        capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return next((source / "dist").glob("*.whl"))


@pytest.mark.slow
def test_the_wheel_holds_what_the_checkout_holds(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {
            name.removeprefix("hitsieve/_data/"): archive.read(name)
            for name in archive.namelist()
            if name.startswith("hitsieve/_data/")
        }
        names = set(archive.namelist())
    expected = {
        str(path.relative_to(ROOT)): path.read_bytes()
        for folder in SHIPPED
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packed == expected
    package = ROOT / "src" / "hitsieve"
    for path in package.rglob("*"):
        if path.suffix in {".py", ".j2", ".typed"}:
            assert f"hitsieve/{path.relative_to(package)}" in names


@pytest.mark.slow
def test_an_installed_hitsieve_works_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r})\n"
        "import hitsieve\n"
        "from hitsieve.assays.cards import list_cards\n"
        "from hitsieve.library.reagents import reaction_names\n"
        "from hitsieve.modeling.config import load_recipe\n"
        "from hitsieve.report.html import environment\n"
        "environment().get_template('report.html.j2')\n"
        "print(hitsieve.__file__, len(list_cards()), len(reaction_names()))\n"
        "load_recipe('default')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    place, cards, reactions = done.stdout.split()
    assert place.startswith(str(tmp_path))
    assert int(cards) > 10
    assert int(reactions) >= 6
