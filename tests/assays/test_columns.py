from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from hitsieve.assays.columns import ColumnCard, FileCard, class_key, list_entry


@pytest.mark.parametrize(
    ("name", "parts"),
    [("labels[12]", ("labels", 12)), ("y [nM]", ("y [nM]", -1)), ("a[0][1]", ("a[0]", 1))],
)
def test_entries_of_list_columns(name: str, parts: tuple[str, int]) -> None:
    assert list_entry(name) == parts


def test_a_checksum_has_64_digits() -> None:
    assert FileCard(path="a.csv", sha256="0" * 64).part == ""
    for wrong in ("0" * 63, "G" * 64, "sha256:" + "0" * 57):
        with pytest.raises(ValidationError, match="64 lower-case"):
            FileCard(path="a.csv", sha256=wrong)


@pytest.mark.parametrize("transform", ["pM_to_pX", "nM_to_pX", "uM_to_pX", "mM_to_pX", "M_to_pX"])
def test_logarithmic_transforms_end_in_px(potency: dict[str, Any], transform: str) -> None:
    assert ColumnCard.model_validate({**potency, "transform": transform}).unit == "pX"
    with pytest.raises(ValidationError, match="gives pX"):
        ColumnCard.model_validate({**potency, "transform": transform, "unit": "uM"})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"active": [1]}, "belong together"),
        ({"active": [2, 1], "inactive": ["1.0"]}, "'1.0' stands in active and in inactive"),
        (
            {"active": [1], "inactive": [0], "task": "regression", "unit": "x"},
            "belong to a classification",
        ),
    ],
)
def test_named_classes_must_be_two_and_apart(
    classes: dict[str, Any], changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        ColumnCard.model_validate(classes | changes)


def test_classes_are_texts_whatever_yaml_made_of_them(classes: dict[str, Any]) -> None:
    named = ColumnCard.model_validate(classes | {"active": [True, 2], "inactive": [-0.0]})
    assert named.active == ("True", "2")
    assert {class_key(text) for text in named.inactive} == {class_key("0")}
