"""Structure pictures as SVG that can stand inside an HTML page."""

from __future__ import annotations

import html
import math
import re
from typing import TYPE_CHECKING, Final

from rdkit import Chem
from rdkit.Chem import rdDepictor
from rdkit.Chem.Draw import rdMolDraw2D

from hitsieve.chem.molecule import parse

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEGEND_LIMIT: Final = 80
_LEGEND_HEIGHT: Final = 16
_HEADER = re.compile(r"^\s*<\?xml.*?\?>\s*", re.DOTALL)
_NAMESPACES = re.compile(r"\s+xmlns:\w+='[^']*'|\s+xml:space='[^']*'")


def svg(smiles: str, *, width: int = 220, height: int = 160, legend: str = "") -> str:
    """Draw a compound.

    Parameters
    ----------
    smiles
        The compound; one that RDKit cannot read gives a picture that says so.
    width, height
        Size in pixels.
    legend
        One line below the structure, any text: it is escaped and cut at 80 characters.

    Returns
    -------
    str
        An ``<svg>`` element without XML header, with a transparent background. It holds no
        script, link or foreign asset, and the SMILES itself only as escaped title text.

    Examples
    --------
    >>> picture = svg("CCO", legend="<b>")
    >>> picture.startswith("<svg") and picture.endswith("</svg>")
    True
    >>> "<b>" in picture
    False
    """
    mol = parse(smiles)
    room = height - (_LEGEND_HEIGHT if legend else 0)
    body = _message(width, room) if mol is None else _structure(mol, width, room)
    title = f"<title>{_escaped(smiles)}</title>"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">{title}{body}'
        f"{_legend(legend, width, height) if legend else ''}</svg>"
    )


def svg_weights(
    smiles: str, weights: Sequence[float], *, width: int = 320, height: int = 240, legend: str = ""
) -> str:
    """Draw a compound with each atom colored by a weight.

    Parameters
    ----------
    smiles
        The compound.
    weights
        (n,) one a heavy atom in SMILES order: blue raises the prediction, orange lowers it, white
        says nothing. The largest in size gets the full color; NaN is white.
    width, height, legend
        As :func:`svg` takes them.

    Raises
    ------
    ValueError
        If the number of weights is another than that of the atoms.
    """
    mol = parse(smiles)
    if mol is None or mol.GetNumAtoms() != len(weights):
        found = 0 if mol is None else mol.GetNumAtoms()
        raise ValueError(f"{len(weights)} weights for {found} atoms of {smiles!r}")
    sizes = [0.0 if math.isnan(weight) else weight for weight in weights]
    largest = max((abs(size) for size in sizes), default=0.0) or 1.0
    colors = {index: _color(size / largest) for index, size in enumerate(sizes) if size}
    room = height - (_LEGEND_HEIGHT if legend else 0)
    title = f"<title>{_escaped(smiles)}</title>"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">{title}'
        f"{_structure(mol, width, room, colors)}"
        f"{_legend(legend, width, height) if legend else ''}</svg>"
    )


def _color(share: float) -> tuple[float, float, float]:
    """Blend white with blue (share above 0) or orange (below), both told apart by all eyes."""
    full = (0.0, 0.45, 0.70) if share > 0 else (0.90, 0.60, 0.0)
    red, green, blue = (1 - abs(share) * (1 - part) for part in full)
    return red, green, blue


def _structure(
    mol: Chem.Mol,
    width: int,
    height: int,
    colors: dict[int, tuple[float, float, float]] | None = None,
) -> str:
    drawer = rdMolDraw2D.MolDraw2DSVG(width, height)
    options = drawer.drawOptions()
    options.clearBackground = False
    options.addStereoAnnotation = False
    drawn = Chem.Mol(mol)
    rdDepictor.Compute2DCoords(drawn)
    rdMolDraw2D.PrepareAndDrawMolecule(
        drawer, drawn, highlightAtoms=list(colors or {}), highlightAtomColors=colors or {},
        highlightBonds=[],
    )  # fmt: skip
    drawer.FinishDrawing()
    text: str = _HEADER.sub("", drawer.GetDrawingText())
    # The inner <svg> keeps its own coordinate system; unused namespaces would break strict
    # parsers once it is nested.
    return _NAMESPACES.sub("", text).strip()


def _message(width: int, height: int) -> str:
    return (
        f'<text x="{width // 2}" y="{height // 2}" text-anchor="middle" font-size="12" '
        'font-family="sans-serif">structure not readable</text>'
    )


def _legend(text: str, width: int, height: int) -> str:
    return (
        f'<text x="{width // 2}" y="{height - 4}" text-anchor="middle" font-size="11" '
        f'font-family="sans-serif">{_escaped(text[:_LEGEND_LIMIT])}</text>'
    )


def _escaped(text: str) -> str:
    return html.escape("".join(c if c.isprintable() else " " for c in text))
