"""Data that no model can come of: each is refused with the place, the value and the cure."""

from __future__ import annotations

import csv
import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from typer.testing import Result

    Run = Callable[..., Result]

RINGS = ("c1ccccc1", "c1ccncc1", "C1CCCCC1", "c1ccsc1", "C1CCNCC1", "c1ccc2ccccc2c1")
SMILES = [
    tail + link + ring
    for ring, link, tail in itertools.product(RINGS, ("C", "CN", "OC", "CCO"), ("F", "Cl", "N#C"))
]
GOOD = [f"{4 + 0.2 * text.upper().count('C'):.2f}" for text in SMILES]


def _write(folder: Path, values: Sequence[str], **column: Any) -> Path:
    with (folder / "set.csv").open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["smiles", "y"])
        rows.writerows(zip(SMILES, values, strict=False))
    meaning = {
        "endpoint": "pIC50",
        "unit": "pX",
        "direction": "higher",
        "task": "regression",
        "target": "potency",
    } | column
    card = {
        "name": "set",
        "title": "made for tests",
        "source": "these tests",
        "license": "CC0",
        "files": [{"path": "set.csv"}],
        "smiles_column": "smiles",
        "columns": {"y": {key: value for key, value in meaning.items() if value is not None}},
    }
    path = folder / "set.yaml"
    path.write_text(yaml.safe_dump(card))
    return path


def _train(hitsieve: Run, card: Path, *more: str) -> Result:
    return hitsieve(
        "train", card, "--name", "m", "--recipe", "fast", "--split", "random",
        "--executor", "serial", "--set", "training.epochs=2", "--set", "training.members=1", *more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("values", "column", "told", "cure"),
    [
        (["strong"] * 72, {}, "72 of 72 values refused (text), such as 'strong'", "choose the col"),
        (
            ["1"] * 72,
            {"task": "classification", "unit": "class"},
            "all 72 labels are of class 1",
            "classes that",
        ),
        (GOOD[:8], {}, "8 labels, at least 20 are needed", "more compounds"),
        (["nan"] * 72, {}, "column 'y': all values are missing", "choose the column that holds"),
        (["5.0"] * 72, {}, "all 72 labels are 5", "values or classes that differ"),
        ([str(5000 + n) for n in range(72)], {}, "(out_of_range), such as '5000'", "check the u"),
        (["1e39"] * 72, {"unit": "mg/L"}, "(out_of_range), such as '1e39'", "check the unit"),
        (GOOD, {"unit": None}, "key 'columns.y.unit' is required", "correct the named keys"),
        (GOOD, {"unit": ""}, "columns.y.unit = ''", "correct the named keys"),
    ],
    ids=[
        "text",
        "one class",
        "8 molecules",
        "NaN",
        "constant",
        "nM given as pX",
        "huge",
        "no unit",
        "empty unit",
    ],
)
def test_it_is_refused_with_a_cure_and_registers_nothing(
    hitsieve: Run,
    tmp_path: Path,
    values: list[str],
    column: dict[str, Any],
    told: str,
    cure: str,
) -> None:
    result = _train(hitsieve, _write(tmp_path, values, **column))
    assert result.exit_code == (2 if column.get("unit", "pX") in {None, ""} else 3)
    said = " ".join(result.stderr.split())
    assert told in said
    assert cure in said.partition("cure ")[2]
    assert result.stdout == ""
    assert not (tmp_path / "models" / "m").exists()


def test_without_a_card_nothing_is_trained(hitsieve: Run, tmp_path: Path) -> None:
    _write(tmp_path, GOOD)
    result = _train(hitsieve, tmp_path / "set.csv")
    assert result.exit_code == 3
    assert "no dataset card" in result.stderr
    assert "write a card" in result.stderr
    assert not (tmp_path / "models" / "m").exists()


def test_a_few_impossible_values_are_left_out_and_told(hitsieve: Run, tmp_path: Path) -> None:
    wrong = {7: "1e30", 30: "nan", 50: "strong", 60: ""}
    values = [wrong.get(place, value) for place, value in enumerate(GOOD)]
    result = _train(hitsieve, _write(tmp_path, values), "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert any(text.startswith("2 measured values were refused") for text in told["warnings"])
    run = tmp_path / told["run"]
    refused = json.loads((run / "curation.json").read_text())[0]["refused_values"]
    assert [(one["text"], one["code"]) for one in refused] == [
        ("1e30", "out_of_range"),
        ("strong", "text"),
    ]
