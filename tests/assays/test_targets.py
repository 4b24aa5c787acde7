"""Curating a column: every cell is counted, what is odd is named with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hitsieve.assays.targets import Compounds, Demands, TargetResult, curate_target

if TYPE_CHECKING:
    from collections.abc import Callable

    from hitsieve.assays.read import AssayTable


def _curate(raw: AssayTable, **demands: Any) -> TargetResult:
    """Curate the only column; every record is a compound of its own, the last one is refused."""
    n = len(raw)
    of_record = np.arange(n)
    of_record[-1] = -1
    compounds = Compounds(of_record, [f"id{i}" for i in range(n)], raw.structures)
    ((column, meaning),) = raw.columns.items()
    return curate_target(raw, column, meaning, compounds, Demands(**demands))


def _lines(values: list[str], *more: str) -> list[str]:
    rows = [f"{'C' * (i + 1)},{value}" for i, value in enumerate(values)]
    return [",".join(["smiles", "y", *more]), *rows]


def test_cells_add_up(table: Callable[..., AssayTable], number: dict[str, Any]) -> None:
    found = _curate(table(_lines(["1", "<2", "x", "", "4", "5"]), {"y": number}), minimum=2)
    report = found.report
    assert (report.cells, report.lost_with_structure, report.refused) == (5, 1, {"text": 1})
    assert (report.labels, report.censored, report.left_out) == (3, 1, "")
    assert (report.minimum, report.median, report.maximum) == (1.0, 2.0, 4.0)
    assert found.records.tolist() == [0, 1, 4]


def test_refused_cells_are_told_with_what_is_wrong_beside_them(
    table: Callable[..., AssayTable], potency: dict[str, Any]
) -> None:
    raw = table(
        _lines(["1,=,nM", "2,about,nM", "3,=,furlong", "4,=,", "5,=,nM"], "sign", "unit"),
        {"y": {**potency, "transform": "unit_column_to_pX"}},
        relation_column="sign",
        unit_column="unit",
    )
    assert [(item.text, item.code) for item in _curate(raw).refused] == [
        ("about 2", "bad_relation"),
        ("3 furlong", "no_unit"),
        ("4", "no_unit"),
    ]


def test_outliers_stand_farthest_first_with_their_place(
    table: Callable[..., AssayTable], number: dict[str, Any]
) -> None:
    values = [str(i) for i in range(9)] + ["90", "-200", "1"]
    outliers = _curate(table(_lines(values), {"y": number})).outliers
    assert [(item.value, item.record) for item in outliers] == [
        (-200.0, "made.csv#11"),
        (90.0, "made.csv#10"),
    ]
    assert outliers[0].deviations < -6


def test_bounds_alone_are_no_labels_to_learn(
    table: Callable[..., AssayTable], number: dict[str, Any]
) -> None:
    report = _curate(table(_lines([f"<{i}" for i in range(30)]), {"y": number})).report
    assert report.left_out.startswith("all 29 labels are bounds")
    assert "bounds are learned from" in report.cure
