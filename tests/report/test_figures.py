"""Figures are SVG that stands alone and repeats byte for byte."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitsieve.report.content import Distribution
from hitsieve.report.figures import interval_bar, score_distribution

if TYPE_CHECKING:
    from hitsieve.report import TargetSection


def with_column(hits: pa.Table, name: str, values: list[Any]) -> pa.Table:
    index = hits.schema.get_field_index(name)
    field = hits.schema.field(index)
    return hits.set_column(index, field, pa.array(values, field.type))


def test_the_figure_is_svg_with_words_and_repeats(section: TargetSection) -> None:
    figure = score_distribution(section)
    assert figure.startswith("<svg ")
    root = ET.fromstring(figure)  # noqa: S314 - our own text
    assert root.attrib["aria-label"] == "Distribution of scores for logP"
    assert "higher is better" in figure
    assert figure == score_distribution(section)


def test_nothing_is_loaded_from_elsewhere(section: TargetSection) -> None:
    figure = score_distribution(section)
    assert not re.findall(r'(?:href|src)="(?!#)', figure)
    assert "url(http" not in figure


@pytest.mark.parametrize("name", ['<b>"&', "$x_{$", "a\\b"])
def test_names_with_special_characters_are_drawn(section: TargetSection, name: str) -> None:
    column = [name] * section.hits.num_rows
    hits = with_column(section.hits, "endpoint", column)
    figure = score_distribution(replace(section, target=name, hits=hits))
    assert ET.fromstring(figure).attrib["aria-label"].endswith(name)  # noqa: S314 - own


def test_a_target_without_scores_is_drawn(section: TargetSection) -> None:
    nothing = Distribution(np.linspace(0, 1, 11), np.zeros(10, int), 0, 5, 0)
    empty = replace(section, distribution=nothing, hits=section.hits.slice(0, 0), known=np.zeros(0))
    assert score_distribution(empty).startswith("<svg ")
    assert nothing.domain_share == 0


@given(*(st.floats(-1e3, 1e3) for _ in range(5)))
def test_the_bar_stays_within_its_scale(
    lower: float, score: float, upper: float, low: float, high: float
) -> None:
    bar = interval_bar(lower, score, upper, low, high)
    places = [float(x) for x in re.findall(r'(?:x1|x2|cx)="([^"]+)"', bar)]
    assert all(5 <= place <= 145 for place in places)
    ET.fromstring(bar)  # noqa: S314 - our own text
