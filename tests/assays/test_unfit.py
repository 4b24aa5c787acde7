"""The error a set deserves: its column, what was found there, and how to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hitsieve.assays.curate import curate, examine
from hitsieve.assays.targets import Demands

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsieve.assays.read import AssayTable
    from hitsieve.chem.standardize import Standardizer
    from hitsieve.errors import DatasetError

    Table = Callable[..., AssayTable]


def _lines(values: list[str]) -> list[str]:
    return ["smiles,y", *(f"{'C' * (i + 2)}O,{value}" for i, value in enumerate(values))]


def _error(raw: AssayTable, standardizer: Standardizer) -> DatasetError:
    error = examine(raw, standardizer).why_unfit()
    assert error is not None
    return error


def test_a_third_class_is_named_with_all_values_found(
    table: Table, classes: dict[str, Any], standardizer: Standardizer
) -> None:
    values = ["0"] * 25 + ["1"] * 22 + ["2"] * 20
    error = _error(table(_lines(values), {"y": classes}), standardizer)
    assert "20 of 67 values are neither 0 nor 1" in error.message
    assert "'0' (25), '1' (22), '2' (20)" in error.message
    assert "active: [1, 2]" in error.cure


def test_a_rare_third_class_is_named_too(
    table: Table, classes: dict[str, Any], standardizer: Standardizer
) -> None:
    values = [str(i % 2) for i in range(98)] + ["2", "2"]
    assert "2 of 100 values" in _error(table(_lines(values), {"y": classes}), standardizer).message


def test_one_target_with_a_third_class_refuses_the_set(
    table: Table, classes: dict[str, Any], standardizer: Standardizer
) -> None:
    columns = {name: {**classes, "target": name} for name in ("a", "b")}
    rows = [f"{'C' * (i + 2)}O,{i % 2},{i % 3}" for i in range(40)]
    raw = table(["smiles,a,b", *rows], columns)
    assert "column 'b'" in _error(raw, standardizer).message
    assert examine(raw.only({"a"}), standardizer).why_unfit() is None


def test_a_mistyped_value_refuses_the_set_though_another_target_is_fit(
    table: Table, number: dict[str, Any], standardizer: Standardizer
) -> None:
    columns = {name: {**number, "target": name} for name in ("a", "b", "few")}
    rows = [f"{'C' * (i + 2)}O,{i},{i / 10},{'' if i else 1}" for i in range(40)]
    raw = table(["smiles,a,b,few", *rows, "c1ccccc1,5,9e8,"], columns)
    error = _error(raw, standardizer)
    assert "target 'b': one label holds 100% of the variance" in error.message
    assert "9e+08 (made.csv#41)" in error.message
    assert examine(raw, standardizer, Demands(lone_variance=1.0)).why_unfit() is None
    assert examine(raw.only({"a", "few"}), standardizer).why_unfit() is None, "few are left out"


def test_named_classes_make_two_of_three(
    table: Table, classes: dict[str, Any], standardizer: Standardizer
) -> None:
    named = {**classes, "active": [1, 2], "inactive": [0]}
    values = ["0"] * 25 + ["1"] * 22 + ["2.0"] * 20 + ["unclear"] * 3
    _, report = curate(table(_lines(values), {"y": named}), standardizer)
    target = report.targets[0]
    assert (target.labels, target.actives, target.refused) == (67, 42, {"no_class": 3})


def test_a_single_slip_is_refused_alone(
    table: Table, classes: dict[str, Any], standardizer: Standardizer
) -> None:
    values = [str(i % 2) for i in range(60)] + ["maybe", "7"]
    found = examine(table(_lines(values), {"y": classes}), standardizer)
    assert found.why_unfit() is None
    assert found.report.targets[0].refused == {"no_class": 2}


def test_measured_numbers_are_no_classes(
    table: Table, classes: dict[str, Any], standardizer: Standardizer
) -> None:
    values = ["0", "1"] * 15 + [f"{i / 7:.3f}" for i in range(1, 10) if i != 7]
    error = _error(table(_lines(values), {"y": classes}), standardizer)
    assert "8 of 38 values" in error.message
    assert "and 4 more" in error.message
    assert "task: regression" in error.cure


@pytest.mark.parametrize(
    ("values", "message", "cure"),
    [
        (["1,31"] * 30, "(decimal_comma), such as '1,31'", "1.31, not 1,31"),
        (["inf"] * 30, "(not_finite), such as 'inf'", "leave unmeasured cells empty"),
        ([f">{i}" for i in range(30)], "all 30 labels are bounds", "bounds are learned from"),
    ],
)
def test_the_commonest_reason_chooses_the_cure(
    table: Table,
    number: dict[str, Any],
    standardizer: Standardizer,
    values: list[str],
    message: str,
    cure: str,
) -> None:
    raw = table(_lines([f'"{value}"' for value in values]), {"y": number})
    error = _error(raw, standardizer)
    assert message in error.message
    assert cure in error.cure


@pytest.mark.parametrize(
    ("transform", "values", "cure"),
    [
        ("none", [f"{3 * i}" for i in range(1, 31)], "`transform: nM_to_pX`"),
        ("none", ["7.5"] * 8 + ["6.5"] * 20 + ["75", "750"], "`transform: nM_to_pX`"),
        ("M_to_pX", [f"{10 ** (i / 10)}" for i in range(10, 40)], "`transform: M_to_pX`"),
    ],
)
def test_many_impossible_potencies_refuse_the_possible_ones_too(
    table: Table,
    potency: dict[str, Any],
    standardizer: Standardizer,
    transform: str,
    values: list[str],
    cure: str,
) -> None:
    raw = table(_lines(values), {"y": {**potency, "transform": transform}})
    error = _error(raw, standardizer)
    assert "are no pX (-2 to 16)" in error.message
    assert cure in error.cure


@pytest.mark.parametrize("slips", [["75"], ["75", "7500", "80"]])
def test_a_few_impossible_potencies_are_refused_alone(
    table: Table, potency: dict[str, Any], standardizer: Standardizer, slips: list[str]
) -> None:
    values = [f"{5 + i / 20}" for i in range(20 * len(slips))] + slips
    raw = table(_lines(values), {"y": {**potency, "transform": "none"}})
    found = examine(raw, standardizer)
    assert found.why_unfit() is None
    assert found.report.targets[0].refused == {"out_of_range": len(slips)}


def test_labels_that_are_only_read_have_no_reason(
    table: Table, number: dict[str, Any], standardizer: Standardizer
) -> None:
    raw = table(_lines([">3", ">3"]), {"y": number})
    assert examine(raw, standardizer, Demands(minimum=0)).why_unfit() is None
