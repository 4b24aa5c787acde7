from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hitsieve.assays.columns import ColumnCard
from hitsieve.assays.values import Refusal, of_another_unit, parse_column


def _parse(
    cells: list[str], card: dict[str, Any], *, relations: list[str] | None = None,
    units: list[str] | None = None,
) -> Any:  # fmt: skip
    blank = [""] * len(cells)
    return parse_column(cells, relations or blank, units or blank, ColumnCard.model_validate(card))


def test_bounds_turn_around_with_the_logarithm(potency: dict[str, Any]) -> None:
    found = _parse(["10", ">10000", "<= 1", "100"], potency, relations=["=", "", "", ">"])
    assert found.value == pytest.approx([8, 5, 9, 7])
    assert found.relation.tolist() == [0, -1, 1, -1]
    assert not found.refusal


def test_unmeasured_cells_are_left_out(number: dict[str, Any]) -> None:
    found = _parse(["1", "", "NA", "nan", "-2.5"], number)
    assert found.record.tolist() == [0, 4]
    assert found.value.tolist() == [1.0, -2.5]


@pytest.mark.parametrize(
    ("cell", "why"),
    [("strong", Refusal.TEXT), (">high", Refusal.TEXT), ("inf", Refusal.NOT_FINITE),
     ("1e12", Refusal.OUT_OF_RANGE), ("1,5", Refusal.DECIMAL_COMMA),
     ("<1,5", Refusal.DECIMAL_COMMA), ("1,234.5", Refusal.DECIMAL_COMMA),
     ("1,a", Refusal.TEXT), ("1 2", Refusal.TEXT), ("1_000", Refusal.TEXT), (">1_0", Refusal.TEXT)],
)  # fmt: skip
def test_refused_numbers_say_why(number: dict[str, Any], cell: str, why: Refusal) -> None:
    found = _parse([cell, "1"], number)
    assert found.refusal == {0: why}
    assert np.isnan(found.value[0])


def test_nanomolar_given_as_px_is_out_of_range(potency: dict[str, Any]) -> None:
    assert _parse(["500"], {**potency, "transform": "none"}).refusal == {0: Refusal.OUT_OF_RANGE}


def test_a_concentration_is_positive(potency: dict[str, Any]) -> None:
    assert _parse(["0", "-5"], potency).refusal == {
        0: Refusal.NOT_POSITIVE,
        1: Refusal.NOT_POSITIVE,
    }


def test_units_can_stand_in_each_row(potency: dict[str, Any]) -> None:
    card = {**potency, "transform": "unit_column_to_pX"}
    found = _parse(["10", "10", "10", "10"], card, units=["nM", "uM", "", "mg/L"])
    assert found.value[:2] == pytest.approx([8, 5])
    assert found.refusal == {2: Refusal.NO_UNIT, 3: Refusal.NO_UNIT}


def test_relations_that_contradict_are_refused(number: dict[str, Any]) -> None:
    found = _parse(["<1", "1"], number, relations=[">", "about"])
    assert found.refusal == {0: Refusal.BAD_RELATION, 1: Refusal.BAD_RELATION}


def test_classes_have_names_but_no_numbers_between(classes: dict[str, Any]) -> None:
    found = _parse(["1.0", "inactive", "TRUE", "0.5", "2", "maybe"], classes)
    assert found.value[:3].tolist() == [1.0, 0.0, 1.0]
    assert found.refusal == dict.fromkeys((3, 4, 5), Refusal.NO_CLASS)


def test_a_card_can_name_its_classes(classes: dict[str, Any]) -> None:
    card = {**classes, "active": [2, "Potent"], "inactive": [0, 1]}
    found = _parse(["2.0", "potent", "1", "0", "active", "3"], card)
    assert found.value[:4].tolist() == [1.0, 1.0, 0.0, 0.0]
    assert found.refusal == dict.fromkeys((4, 5), Refusal.NO_CLASS)


@pytest.mark.parametrize(
    ("transform", "value", "sign"), [("log10", 2.0, 1), ("negative_log10", -2.0, -1)]
)
def test_logarithms(number: dict[str, Any], transform: str, value: float, sign: int) -> None:
    found = _parse([">100"], {**number, "transform": transform})
    assert (found.value[0], found.relation[0]) == (value, sign)


@pytest.mark.parametrize(
    ("impossible", "values", "is_other"),
    [(0, 30, False), (1, 2, False), (2, 2, True), (2, 40, False), (3, 40, True)],
)
def test_many_impossible_values_speak_against_all(
    impossible: int, values: int, *, is_other: bool
) -> None:
    assert of_another_unit(impossible, values) == is_other
