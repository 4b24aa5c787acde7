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


SUBCATEGORIES = {
    "GOVERN": (7, 3, 2, 3, 2, 2),
    "MAP": (6, 3, 5, 2, 2),
    "MEASURE": (3, 13, 3, 3),
    "MANAGE": (4, 4, 2, 3),
}
"""How many subcategories each category of the NIST AI RMF 1.0 has."""


def _governance_rows() -> list[list[str]]:
    page = (DOCS / "governance.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    return [re.split(r" \| ", row.strip("| ")) for row in rows if "| practice |" not in row]


def test_tests_named_in_the_governance_page_exist() -> None:
    named = []
    for *_, shown in _governance_rows():
        links = re.findall(r"\[`(\w+)`\]\(([^)]+)\)", shown)
        assert links, f"no test is named in {shown!r}"
        assert re.sub(r"\[`\w+`\]\([^)]+\)(, )?", "", shown) == "", "a test is named by function"
        named += links
    assert len(named) > 60
    for function, file in named:
        path = DOCS / file
        assert path.is_file(), file
        assert re.search(rf"^(async )?def {function}\(", path.read_text(), re.MULTILINE), (
            f"{file} has no {function}"
        )


def test_the_governance_page_names_subcategories_of_the_framework() -> None:
    rows = _governance_rows()
    assert len(rows) > 20
    for practice, nist, *_ in rows:
        for name in nist.split(", "):
            function, _, number = name.partition(" ")
            category, _, place = number.partition(".")
            sizes = SUBCATEGORIES[function]
            assert 1 <= int(category) <= len(sizes), f"{practice}: {name}"
            assert 1 <= int(place) <= sizes[int(category) - 1], f"{practice}: {name}"
