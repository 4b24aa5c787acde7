"""Builders and small inputs shared by the tests of libraries."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.engine import SerialExecutor
from hitsieve.library import Library, LibraryConfig, build_library

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsieve.engine import Executor

NASTY = Path(__file__).resolve().parents[1] / "data" / "nasty" / "nasty_inputs.csv"
Build = "Callable[..., Library]"


@pytest.fixture(scope="session")
def good_smiles() -> list[str]:
    """Sixty distinct compounds that need no standardizing."""
    tails = ["C", "CC", "CCC", "CCCC", "C1CC1", "C1CCCC1"]
    heads = ["O", "N", "F", "Cl", "OC", "C#N", "C(=O)N", "S(C)(=O)=O", "c1ccncc1", "c1ccco1"]
    return [f"{tail}c1ccc(cc1){head}" for tail in tails for head in heads]


@pytest.fixture(scope="session")
def nasty() -> list[dict[str, Any]]:
    """All nasty inputs; ``value`` is what ``input`` stands for."""
    with NASTY.open(newline="", encoding="utf-8") as stream:
        rows: list[dict[str, Any]] = list(csv.DictReader(stream))
    for row in rows:
        text = row["input"]
        # The file is part of the repository and its expressions are literal bytes and repeats.
        row["value"] = eval(text[3:]) if text.startswith("py:") else text  # noqa: S307
    return rows


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., Library]:
    """Build a library from inputs into ``tmp_path/<output>`` and open it."""

    def run(
        *inputs: Path | str,
        output: str = "library",
        executor: Executor | None = None,
        **settings: Any,
    ) -> Library:
        config = LibraryConfig(
            inputs=[str(path) for path in inputs], output=tmp_path / output, **settings
        )
        build_library(config, executor or SerialExecutor())
        library = Library.open(tmp_path / output)
        library.verify()
        return library

    return run


@pytest.fixture
def snapshot() -> Callable[[Path], dict[str, str]]:
    """Checksums of all files of a folder that must not differ between runs."""

    def take(root: Path) -> dict[str, str]:
        return {
            path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(root.rglob("*"))
            if path.is_file() and path.relative_to(root).parts[0] != "runs"
        }

    return take
