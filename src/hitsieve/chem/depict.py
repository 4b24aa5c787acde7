"""Structure pictures as SVG that can stand inside an HTML page."""

from __future__ import annotations

import html
import re
from typing import Final

from rdkit import Chem
from rdkit.Chem import rdDepictor
from rdkit.Chem.Draw import rdMolDraw2D

from hitsieve.chem.molecule import parse

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


def _structure(mol: Chem.Mol, width: int, height: int) -> str:
    drawer = rdMolDraw2D.MolDraw2DSVG(width, height)
    options = drawer.drawOptions()
    options.clearBackground = False
    options.addStereoAnnotation = False
    drawn = Chem.Mol(mol)
    rdDepictor.Compute2DCoords(drawn)
    rdMolDraw2D.PrepareAndDrawMolecule(drawer, drawn)
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
