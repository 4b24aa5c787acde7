from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hitsieve.chem.depict import svg, svg_weights

SVG = "{http://www.w3.org/2000/svg}"


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - made one call earlier


@pytest.mark.parametrize(
    "smiles", ["CCO", "Cn1c(=O)c2c(ncn2C)n(C)c1=O", "C", "[2H]OC", "C[C@H](N)O"]
)
def test_a_picture_is_one_well_formed_element_with_bonds_or_atoms(smiles: str) -> None:
    root = parsed(svg(smiles, width=300, height=200))
    assert root.tag == f"{SVG}svg"
    assert root.get("viewBox") == "0 0 300 200"
    assert root.findall(f".//{SVG}path")
    title = root.find(f"{SVG}title")
    assert title is not None
    assert title.text == smiles


def test_unreadable_structures_say_so() -> None:
    text = "".join(parsed(svg("nonsense")).itertext())
    assert "not readable" in text


@settings(max_examples=50)
@given(st.text(max_size=120), st.text(max_size=40))
def test_no_text_breaks_out_of_the_picture(legend: str, smiles: str) -> None:
    text = svg(smiles, legend=legend)
    tags = {element.tag.removeprefix(SVG) for element in parsed(text).iter()}
    assert tags <= {"svg", "title", "text", "path", "rect", "ellipse", "g", "tspan"}


def test_script_in_a_legend_is_text() -> None:
    text = svg("CCO", legend="<script>alert(1)</script>")
    assert "<script" not in text
    assert "alert(1)" in "".join(parsed(text).itertext())


def test_nothing_is_loaded_from_elsewhere() -> None:
    text = svg("CCO", legend="x")
    assert "href" not in text
    assert "<?xml" not in text
    assert text.replace("http://www.w3.org/2000/svg", "").count("http") == 0


def test_weights_color_the_atoms() -> None:
    picture = svg_weights("CCO", [0.0, -1.0, 2.0], legend="<why>")
    assert picture.startswith("<svg")
    assert "&lt;why&gt;" in picture
    assert "#0072B2" in picture.upper()  # the largest weight is full blue
    assert svg_weights("CCO", [float("nan")] * 3).startswith("<svg")
    with pytest.raises(ValueError, match="2 weights for 3 atoms"):
        svg_weights("CCO", [1.0, 2.0])
    with pytest.raises(ValueError, match="0 atoms"):
        svg_weights("not", [1.0])
