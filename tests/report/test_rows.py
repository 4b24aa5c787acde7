"""Rows put numbers and flags into words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from hitsieve.report.rows import decimals, hit_rows

if TYPE_CHECKING:
    from hitsieve.report import TargetSection


def with_column(hits: pa.Table, name: str, values: list[Any]) -> pa.Table:
    index = hits.schema.get_field_index(name)
    field = hits.schema.field(index)
    return hits.set_column(index, field, pa.array(values, field.type))


def test_one_row_a_hit_in_order(section: TargetSection) -> None:
    rows = hit_rows(section)
    assert [row.rank for row in rows] == section.hits.column("rank").to_pylist()
    assert [row.compound_id for row in rows] == section.hits.column("compound_id").to_pylist()


def test_the_first_of_each_cluster_is_its_best_ranked(section: TargetSection) -> None:
    clusters = [1, 2, 1, 3, 2, 1] + [4] * 6
    hits = with_column(section.hits, "cluster", clusters)
    firsts = [row.first_of_cluster for row in hit_rows(replace(section, hits=hits))]
    assert firsts == [True, True, False, True, False, False, True] + [False] * 5


def test_pictures_are_drawn_and_values_rounded(section: TargetSection) -> None:
    row = hit_rows(section)[0]
    assert str(row.picture).startswith("<svg")
    assert str(row.nearest_picture).startswith("<svg")
    assert row.score == f"{section.hits.column('score')[0].as_py():.2f}"
    assert dict(row.properties)["MW"] == f"{section.hits.column('mw')[0].as_py():.0f}"


def test_a_value_that_was_not_measured_is_said_so(section: TargetSection) -> None:
    values = [None] * section.hits.num_rows
    hits = with_column(section.hits, "nearest_value", values)
    assert {row.nearest_value for row in hit_rows(replace(section, hits=hits))} == {"not measured"}


def test_a_model_without_intervals_is_said_so(section: TargetSection) -> None:
    nothing = [None] * section.hits.num_rows
    hits = with_column(with_column(section.hits, "lower", nothing), "upper", nothing)
    bare = replace(section, hits=hits)
    assert {row.interval for row in hit_rows(bare)} == {"no calibrated interval"}
    assert decimals(bare) == 2


def test_many_suppliers_are_counted(section: TargetSection) -> None:
    names = [["a", "b", "c", "d", "e"]] * section.hits.num_rows
    hits = with_column(section.hits, "source_ids", names)
    assert hit_rows(replace(section, hits=hits))[0].sources == "a, b, c and 2 more"


@pytest.mark.parametrize(
    ("width", "expected"), [(30.0, 2), (2.0, 2), (0.5, 2), (0.05, 3), (0.004, 4), (0.0, 2)]
)
def test_no_more_decimals_than_the_intervals_justify(
    section: TargetSection, width: float, expected: int
) -> None:
    lower = section.hits.column("lower").to_pylist()
    hits = with_column(section.hits, "upper", [value + width for value in lower])
    assert decimals(replace(section, hits=hits)) == expected


def test_no_hits_no_rows(section: TargetSection) -> None:
    assert hit_rows(replace(section, hits=section.hits.slice(0, 0))) == []
