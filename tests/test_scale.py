"""The tables of docs/scale.md follow from its parts by the formula of the benchmark."""

from __future__ import annotations

import importlib.util
import re
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "scale.md"
PRECISIONS = ("fp32", "bf16")


@pytest.fixture(scope="module")
def model() -> Any:
    path = ROOT / "benchmarks" / "_cost.py"
    spec = importlib.util.spec_from_file_location("hitsieve_cost", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def parts(model: Any, precision: str) -> Any:
    """Read the column of a precision from the table of parts."""
    place = 1 + PRECISIONS.index(precision)
    found = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        name = cells[0].strip("`")
        if len(cells) == 1 + len(PRECISIONS) + 1 and re.fullmatch(r"[\d.,]+", cells[place]):
            number = cells[place].replace(",", "")
            found[name] = int(number) if name == "shard_rows" else float(number)
    assert set(found) == {field.name for field in fields(model.Parts)}
    return model.Parts(**found)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_tables_follow_from_the_parts(model: Any, precision: str) -> None:
    table = model.table(parts(model, precision), 10**9, (16, 128, 1024), (1, 100))
    assert table in PAGE.read_text(encoding="utf-8")


def test_the_price_is_the_one_that_is_told(model: Any) -> None:
    assert f"{model.PRICE:.2f} US dollars" in PAGE.read_text(encoding="utf-8")


def test_the_formula(model: Any) -> None:
    made = model.Parts(1.0, 2.0, 7.0, 0.5, 0.5, 10.0, 20.0, 5.0, 1000)
    assert made.shard_s(1) == pytest.approx(1000 * 11e-6 + 0.01)
    found = model.cost(made, 10_500, 4, 1)  # 11 shards in 3 rounds
    assert found.hours * 3600 == pytest.approx(5 + max(3 * 0.021, 11 * 0.02))
    assert found.core_hours == pytest.approx(4 * found.hours)
    assert found.dollars == pytest.approx(found.core_hours * model.PRICE)
    assert found.driver == pytest.approx(0.22 / 5.22)
