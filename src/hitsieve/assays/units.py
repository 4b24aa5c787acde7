"""Concentrations to pX, the negative decimal logarithm of a molar concentration.

pX grows as the concentration falls, so a bound turns around: an IC50 above 10 uM is a pIC50
below 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.errors import DatasetError, nearest

if TYPE_CHECKING:
    from hitsieve.metrics.arrays import Floats

MOLAR: Final = {"pM": 1e-12, "nM": 1e-9, "uM": 1e-6, "mM": 1e-3, "M": 1.0}
_SPELLINGS: Final = {
    **{name.lower(): name for name in ("pM", "nM", "uM", "mM")},
    "m": "M",
    "\u00b5m": "uM",  # micro sign
    "\u03bcm": "uM",  # Greek mu
    "um": "uM",
    "nmol/l": "nM",
    "umol/l": "uM",
    "\u00b5mol/l": "uM",
    "\u03bcmol/l": "uM",
    "mmol/l": "mM",
    "mol/l": "M",
    "pmol/l": "pM",
}
TURNED: Final = {"=": "=", "<": ">", ">": "<"}


def unit_name(text: str) -> str | None:
    """Return the canonical name of a concentration unit, or None if it is none.

    ``mM`` and ``M`` are told apart from ``m`` as written; otherwise case does not matter.

    Examples
    --------
    >>> unit_name("nm"), unit_name("umol/L"), unit_name("furlong")
    ('nM', 'uM', None)
    """
    clean = text.strip()
    if clean in MOLAR:
        return clean
    return _SPELLINGS.get(clean.lower())


def to_px(values: Floats, unit: str) -> Floats:
    """Return ``-log10`` of concentrations in molar; NaN where one is not positive.

    Parameters
    ----------
    values
        (n,) concentrations.
    unit
        Their unit.

    Raises
    ------
    DatasetError
        If the unit is no concentration.

    Examples
    --------
    >>> to_px(np.array([100.0, 0.0]), "nM")
    array([ 7., nan])
    """
    name = unit_name(unit)
    if name is None:
        raise DatasetError(
            f"unit {unit!r} is no concentration{nearest(unit, MOLAR)}",
            cure=f"use one of {', '.join(MOLAR)}",
        )
    result: Floats = negative_log10(values) - np.log10(MOLAR[name])
    return result


def negative_log10(values: Floats) -> Floats:
    """Return ``-log10(values)``; NaN where a value is not positive."""
    positive = values > 0
    safe = np.where(positive, values, 1.0)
    result: Floats = np.where(positive, -np.log10(safe), np.nan)
    return result
