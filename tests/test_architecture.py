"""Layers only look down; third-party packages stay where they belong."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[1] / "src" / "hitsieve"

LAYERS: list[set[str]] = [
    {"errors", "plain_yaml"},
    {"delimited", "schema", "config", "file_kinds", "provenance", "resources", "logs", "threads"},
    {"chem", "store", "metrics", "engine"},
    {"assays", "graphs"},
    {"library", "networks"},
    {"training", "calibration", "registry"},
    {"scoring", "acquisition", "oracles"},
    {"modeling", "screen"},
    {"campaign", "hits", "monitor"},
    {"report"},
    {"web", "testing"},
    {"cli"},
]
LAYER_OF = {name: level for level, names in enumerate(LAYERS) for name in names}

# Packages that may be imported in the named places only; anything else is free.
CONFINED: dict[str, set[str]] = {
    "ray": {"engine/driver.py", "engine/ray_executor.py", "engine/search.py", "engine/together.py"},
    "rdkit": {"chem"},
    "cuik_molmaker": {"graphs"},
    "torch_geometric": {"graphs", "networks"},
    "deepchem": {"assays/deepchem_adapter.py"},
    "torch": {
        "assays/deepchem_adapter.py",
        "engine/together.py",
        "graphs",
        "networks",
        "training",
        "calibration",
        "registry",
        "scoring",
        "testing",
    },
    "safetensors": {"registry", "scoring", "training"},
    "typer": {"cli"},
    "rich": {"cli"},
    "fastapi": {"web"},
    "uvicorn": {"web", "cli"},
    "jinja2": {"report", "web"},
    "matplotlib": {"report"},
    "dask": {"store"},
    "duckdb": {"store"},
    "prometheus_client": {"monitor", "cli"},
    "openpyxl": {"oracles/inbox"},
    "vina": {"oracles/docking"},
    "meeko": {"oracles/docking"},
}
# Slow to import: only inside the function that needs them.
LAZY = {"deepchem", "torch_geometric", "ray", "dask", "duckdb", "matplotlib"}
LAZY |= {"openpyxl", "vina", "meeko"}

FILES = sorted(SRC.rglob("*.py"))


def _imports(tree: ast.AST) -> list[tuple[str, ast.AST]]:
    found: list[tuple[str, ast.AST]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative imports hide the layer"
            found.append((node.module or "", node))
    return found


def _package(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def _run_at_import(tree: ast.Module) -> list[tuple[str, ast.AST]]:
    """Return the imports outside of functions."""
    inside = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for inner in ast.walk(node)
    }
    return [(name, node) for name, node in _imports(tree) if id(node) not in inside]


def _type_checking_lines(tree: ast.Module) -> set[int]:
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for inner in ast.walk(node):
                lines.add(getattr(inner, "lineno", 0))
    return lines


def _function_lines(tree: ast.Module) -> set[int]:
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SRC)))
def test_imports_look_down_and_stay_confined(path: Path) -> None:
    package = _package(path)
    if package in {"__init__", "__main__"}:
        return
    place = str(path.relative_to(SRC))
    assert package in LAYER_OF, f"{place}: package {package!r} has no layer"
    tree = ast.parse(path.read_text())
    for name, node in _imports(tree):
        head, *rest = name.split(".")
        if head == "hitsieve" and rest:
            other = rest[0]
            allowed = other == package or LAYER_OF[other] < LAYER_OF[package]
            assert allowed, f"{place}:{node.lineno}: {package} may not import {other}"
        elif head in CONFINED:
            allowed = any(place == p or place.startswith(p + "/") for p in CONFINED[head])
            assert allowed, f"{place}:{node.lineno}: {head} belongs in {sorted(CONFINED[head])}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SRC)))
def test_slow_libraries_are_imported_lazily(path: Path) -> None:
    tree = ast.parse(path.read_text())
    hints_only = _type_checking_lines(tree)
    for name, where in _run_at_import(tree):
        if where.lineno not in hints_only:
            assert name.split(".")[0] not in LAZY, f"{path.name}:{where.lineno}: {name}"


def test_every_package_has_content() -> None:
    for package in LAYER_OF:
        folder = SRC / package
        files = [f for f in folder.glob("*.py") if f.name != "__init__.py"]
        assert (SRC / f"{package}.py").is_file() or files, f"{package} is empty"
