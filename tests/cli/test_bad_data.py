"""Data that no model can come of: each is refused with the place, the value and the cure."""

from __future__ import annotations

import itertools
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.testing.cards import write_card

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
    meaning = {
        "endpoint": "pIC50",
        "unit": "pX",
        "direction": "higher",
        "task": "regression",
        "target": "potency",
    } | column
    meaning = {key: value for key, value in meaning.items() if value is not None}
    rows = zip(SMILES, values, strict=False)
    lines = ["smiles,y", *(f'{text},"{value}"' for text, value in rows)]
    return write_card(folder, "set", lines, {"y": meaning})


def _train(hitsieve: Run, card: Path, *more: object) -> Result:
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
        (
            [str(5000 + n) for n in range(72)],
            {},
            "72 of 72 values are no pX (-2 to 16)",
            "check the unit",
        ),
        (["1e39"] * 72, {"unit": "mg/L"}, "(out_of_range), such as '1e39'", "check the unit"),
        (["inf"] * 72, {}, "72 of 72 values refused (not_finite), such as 'inf'", "leave unmeas"),
        (["1,31"] * 72, {}, "(decimal_comma), such as '1,31'", "1.31, not 1,31"),
        (
            [f"<{text}" for text in GOOD],
            {},
            "all 72 labels are bounds (< or >), at least 20 values are needed",
            "bounds are learned from, but neither intervals nor metrics can be fitted to them",
        ),
        (
            [text if n < 15 else f">{text}" for n, text in enumerate(GOOD)],
            {},
            "57 of 72 labels are bounds (< or >), which leaves 15 measured values",
            "add compounds whose value was measured",
        ),
        (
            [str(n % 3) for n in range(72)],
            {"task": "classification", "unit": "class"},
            "24 of 72 values are neither 0 nor 1 (no_class); found are '0' (24), '1' (24), '2' (2",
            "active: [1, 2]",
        ),
        (
            ["9e8", *GOOD[1:]],
            {"unit": "log units"},
            "one label holds 100% of the variance of all 72: 9e+08 (set.csv#1)",
            "curation: {lone_variance: 1}",
        ),
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
        "infinite",
        "decimal comma",
        "all bounds",
        "mostly bounds",
        "three classes",
        "one value of 9e8",
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
    (warning,) = [text for text in told["warnings"] if "refused" in text]
    assert warning.startswith("potency: 2 of 70 measured values were refused: ")
    assert "1 as out_of_range, such as '1e30' at set.csv#8 (check the unit" in warning
    assert "1 as text, such as 'strong' at set.csv#51 (choose the column" in warning
    run = tmp_path / told["run"]
    refused = json.loads((run / "curation.json").read_text())[0]["refused_values"]
    assert [(one["text"], one["code"]) for one in refused] == [
        ("1e30", "out_of_range"),
        ("strong", "text"),
    ]


def test_bounds_in_a_small_part_are_named_as_the_reason(hitsieve: Run, tmp_path: Path) -> None:
    values = [text if n % 5 < 3 else f">{text}" for n, text in enumerate(GOOD)]
    result = _train(hitsieve, _write(tmp_path, values), "--seed", "1")
    assert result.exit_code == 3
    said = " ".join(result.stderr.split())
    assert re.search(r"has \d measured compounds and \d with a bound \(< or >\) in the", said)
    assert "cure give the part a larger fraction, or add measured values: bounds are" in said


def test_outliers_are_learned_from_and_named_in_the_card(hitsieve: Run, tmp_path: Path) -> None:
    values = [*GOOD[:40], "9.5", *GOOD[41:]]
    result = _train(hitsieve, _write(tmp_path, values), "--json")
    assert result.exit_code == 0, result.stderr
    (warning,) = [t for t in json.loads(result.stdout)["warnings"] if "outlier" in t]
    assert warning.startswith("potency: 1 outlier among 72 labels")
    assert "9.5 (set.csv#41, " in warning


def test_a_wild_value_can_be_allowed(hitsieve: Run, tmp_path: Path) -> None:
    card = _write(tmp_path, ["9e8", *GOOD[1:]], unit="log units")
    config = tmp_path / "allowed.yaml"
    config.write_text("curation: {lone_variance: 1}\n")
    result = _train(hitsieve, card, "--config", config, "--json")
    assert result.exit_code == 0, result.stderr
    assert any("9e+08 (set.csv#1, " in text for text in json.loads(result.stdout)["warnings"])


def test_missing_units_are_counted(hitsieve: Run, tmp_path: Path) -> None:
    card = _write(tmp_path, GOOD, transform="unit_column_to_pX")
    rows = [
        f"{text},{10 ** (9 - float(value)):.4g},{'' if n % 3 == 0 and n > 30 else 'nM'}"
        for n, (text, value) in enumerate(zip(SMILES, GOOD, strict=True))
    ]
    (tmp_path / "set.csv").write_text("\n".join(["smiles,y,unit", *rows]) + "\n")
    card.write_text(card.read_text() + "unit_column: unit\n")
    result = _train(hitsieve, card, "--json")
    assert result.exit_code == 0, result.stderr
    (warning,) = [t for t in json.loads(result.stdout)["warnings"] if "refused" in t]
    assert warning.startswith("potency: 13 of 72 measured values were refused: 13 as no_unit")
    assert "fill the unit column" in warning


def test_which_values_are_active_can_be_said(hitsieve: Run, tmp_path: Path) -> None:
    values = [str(sum(map(ord, text)) % 3) for text in SMILES]
    named = {"task": "classification", "unit": "class", "active": [1, 2], "inactive": [0]}
    result = _train(hitsieve, _write(tmp_path, values, **named), "--json")
    assert result.exit_code == 0, result.stderr
    assert not any("refused" in text for text in json.loads(result.stdout)["warnings"])
