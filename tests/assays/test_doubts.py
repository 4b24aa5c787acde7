"""What a card warns of, counted and named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hitsieve.assays.curate import examine
from hitsieve.assays.doubts import doubts, refusals

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsieve.assays.read import AssayTable
    from hitsieve.chem.standardize import Standardizer

    Table = Callable[..., AssayTable]


def _chain(n: int) -> str:
    return "C" * (n + 2) + "O"


def test_a_clean_set_leaves_none(
    table: Table, number: dict[str, Any], standardizer: Standardizer
) -> None:
    lines = ["smiles,y", *(f"{_chain(i)},{i}" for i in range(30))]
    report = examine(table(lines, {"y": number}), standardizer).report
    assert doubts(report) == ()
    assert refusals(report) == {}


def test_missing_units_are_counted_by_reason_with_the_cure(
    table: Table, potency: dict[str, Any], standardizer: Standardizer
) -> None:
    lines = ["smiles,y,unit", *(f"{_chain(i)},{i + 1},{'nM' if i % 3 else ''}" for i in range(45))]
    lines += [f"{_chain(45)},0,nM"]
    raw = table(lines, {"y": {**potency, "transform": "unit_column_to_pX"}}, unit_column="unit")
    report = examine(raw, standardizer).report
    (told,) = doubts(report)
    assert told.startswith(
        "EGFR: 16 of 46 measured values were refused: 15 as no_unit, such as '1'"
    )
    assert "fill the unit column with one of pM, nM" in told
    assert "1 as not_positive, such as '0' at made.csv#46" in told
    assert refusals(report) == {"no_unit": 15, "not_positive": 1}


def test_advice_on_labels_is_told_before_their_outliers(
    table: Table, number: dict[str, Any], standardizer: Standardizer
) -> None:
    lines = ["smiles,y", *(f"{_chain(i)},{10 ** (i / 10):.4g}" for i in range(41))]
    report = examine(table(lines, {"y": {**number, "unit": "nM"}}), standardizer).report
    first, second = doubts(report)
    assert first == f"EGFR: {report.targets[0].advice}"
    assert "`transform: nM_to_pX`, `unit: pX` and its direction" in first
    assert " outliers among 41 labels" in second


def test_many_contradictions_are_told_with_one_of_them(
    table: Table, potency: dict[str, Any], standardizer: Standardizer
) -> None:
    lines = ["smiles,y", *(f"{_chain(i)},{4 + i / 10}" for i in range(40))]
    column = {"y": {**potency, "transform": "none"}}
    few = [*lines, *(f"{_chain(i)},9" for i in range(2))]
    assert doubts(examine(table(few, column), standardizer).report) == ()
    many = [*lines, *(f"{_chain(i)},9" for i in range(6))]
    found = examine(table(many, column), standardizer).report
    (told,) = doubts(found)
    assert told.startswith("EGFR: measurements of 6 of 40 compounds contradict each other, such as")
    assert f" of {found.conflicts[0].compound_id}; 0 of them were left out" in told


def test_outliers_are_named_by_value_place_and_compound(
    table: Table, number: dict[str, Any], standardizer: Standardizer
) -> None:
    values = [*(i / 10 for i in range(30)), 15.0, -12.0, 16.0, 17.0]
    lines = ["smiles,y", *(f"{_chain(i)},{value}" for i, value in enumerate(values))]
    report = examine(table(lines, {"y": number}), standardizer).report
    (told,) = doubts(report)
    assert told.startswith("EGFR: 4 outliers among 34 labels")
    assert f"17 (made.csv#34, {report.outliers[0].compound_id}; +" in told
    assert "and 1 more" in told


def test_refused_structures_are_told_once_they_are_many(
    table: Table, number: dict[str, Any], standardizer: Standardizer
) -> None:
    good = [f"{_chain(i)},{i}" for i in range(38)]
    few = examine(table(["smiles,y", *good, "[Na+].[Cl-],1"], {"y": number}), standardizer).report
    assert doubts(few) == ()
    bad = [f"name of compound {i},{i}" for i in range(4)]
    many = examine(table(["smiles,y", *good, *bad], {"y": number}), standardizer).report
    (told,) = doubts(many)
    assert told.startswith("made: 4 of 42 records were refused (4 ")
    assert "'name of compound 0' at made.csv#39" in told


def test_targets_left_out_are_told_and_many_are_summed_up(
    table: Table, classes: dict[str, Any], standardizer: Standardizer
) -> None:
    columns = {f"t{i}": {**classes, "target": f"t{i}"} for i in range(8)}
    rows = [f"{_chain(i)},{i % 2}" + ",1" * 7 for i in range(25)]
    raw = table(["smiles," + ",".join(columns), *rows], columns)
    told = doubts(examine(raw, standardizer).report)
    assert told[0] == "t1 is not learned: all 25 labels are of class 1."
    assert told[-1].startswith("2 more targets with too little to learn")
    assert len(told) == 6
