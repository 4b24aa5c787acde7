"""Generated pages are what the code says today."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hitsieve.schema import CODES, TABLES

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATE = _generator()


@pytest.mark.parametrize(
    "name", ["file-formats.md", "codes.md", "exit-codes.md", "configuration.md"]
)
def test_the_page_is_current(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == GENERATE.pages()[name], "run `make docs`"


def test_every_column_and_code_is_told() -> None:
    formats, codes = GENERATE.file_formats(), GENERATE.codes()
    for table in TABLES.values():
        assert all(f"| `{column.name}` |" in formats for column in table.columns)
    assert all(f"| `{code.value}` |" in codes for code in CODES)


def test_every_setting_is_told_in_words() -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*\| (.*) \|$", GENERATE.configuration(), re.MULTILINE)
    silent = {name for name, meaning in rows if not meaning.strip()}
    assert len(rows) > 100
    assert silent == set()


def test_tables_of_pages_have_even_columns() -> None:
    for name, text in GENERATE.pages().items():
        width = None
        for line in text.splitlines():
            cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else None
            if cells is not None and width is not None:
                assert cells == width, f"{name}: {line}"
            width = cells


def test_pages_named_in_messages_exist() -> None:
    named = set()
    for path in (ROOT / "src").rglob("*.py"):
        named |= set(re.findall(r"docs/[\w./-]+\.md", path.read_text(encoding="utf-8")))
    assert named
    assert {name for name in named if not (ROOT / name).is_file()} == set()


def test_tests_named_in_the_governance_page_exist() -> None:
    page = (DOCS / "governance.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)]+)\)", page)
    assert len([link for link in links if "tests/" in link]) > 25
    assert [link for link in links if not (DOCS / link).is_file()] == []
