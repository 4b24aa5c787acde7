r"""Writing SDF records that stay one record, whatever stands in names and properties.

An SDF file ends a record at a line that is exactly ``$$$$``, a property at an empty line, and
starts one at a line ``> <name>``. A value with line breaks could forge any of them, so each
value is written as one line, and a line that reads ``$$$$`` is indented.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final

from rdkit import Chem
from rdkit.Chem import rdDepictor

from hitsieve.chem.molecule import Mol, parse
from hitsieve.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Value = str | int | float | bool | None
_NAME_LIMIT: Final = 80  # the header line of a mol block
_FIELD_LIMIT: Final = 60
_VALUE_LIMIT: Final = 2_000
_NOT_IN_FIELD = re.compile(r"[^A-Za-z0-9_.@ -]")


def sdf_record(smiles: str, name: str, properties: Mapping[str, Value | Iterable[str]]) -> str:
    r"""Return one SDF record with 2D coordinates, ended by ``$$$$`` and a line break.

    Parameters
    ----------
    smiles
        The compound.
    name
        Title line; control characters become blanks, cut at 80 characters.
    properties
        Data fields in order. Field names keep letters, digits and ``_ . @ -``; values become
        one line each, lists joined by ``"; "``. None, NaN and empty values are left out.

    Raises
    ------
    InputError
        If the SMILES cannot be read.

    Examples
    --------
    >>> record = sdf_record("CCO", "ethanol", {"score": 1.5, "note": "a\n$$$$\nb"})
    >>> record.count("\n$$$$\n")
    1
    """
    mol = parse(smiles)
    if mol is None:
        raise InputError(f"{smiles!r} is no readable SMILES", cure="correct the structure")
    drawn = Chem.Mol(mol)
    rdDepictor.Compute2DCoords(drawn)
    return sdf_of(drawn, name, properties)


def sdf_of(
    mol: Mol, name: str, properties: Mapping[str, Value | Iterable[str]], *, conformer: int = -1
) -> str:
    """Return one SDF record of a molecule with the coordinates of one of its conformers.

    Parameters
    ----------
    mol
        Molecule with coordinates.
    name, properties
        As for :func:`sdf_record`.
    conformer
        Which conformer; the first one if not given.
    """
    titled = Chem.Mol(mol)
    titled.SetProp("_Name", _one_line(name, _NAME_LIMIT))
    lines = [Chem.MolToMolBlock(titled, confId=conformer).rstrip("\n")]
    for field, value in properties.items():
        text = _text(value)
        if text:
            lines += [f">  <{_field(field)}>", text, ""]
    return "\n".join(lines) + "\n$$$$\n"


def _text(value: Value | Iterable[str]) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, (str, int, float)):
        return _one_line(f"{value:.6g}" if isinstance(value, float) else str(value), _VALUE_LIMIT)
    return _one_line("; ".join(str(part) for part in value), _VALUE_LIMIT)


def _one_line(text: str, limit: int) -> str:
    clean = "".join(c if c.isprintable() else " " for c in text).strip()[:limit].rstrip()
    # A leading "$" or ">" would end the record or open a field for readers that split on it.
    return f" {clean}" if clean.startswith(("$$$$", ">")) else clean


def _field(name: str) -> str:
    clean = _NOT_IN_FIELD.sub("_", name)[:_FIELD_LIMIT].strip()
    return clean or "unnamed"
