"""What a user had better do with labels that can be learned, but hardly as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.assays.learnable import MINIMUM_LABELS
from hitsieve.assays.units import unit_name

if TYPE_CHECKING:
    from hitsieve.metrics.arrays import Floats

_DECADES: Final = 1.5
_CROWDED: Final = 0.2
_TWO: Final = 2
_NARROW: Final = 0.5  # powers of ten


def advice(value: Floats, unit: str) -> str:
    """Return what to do with the labels of a regression, in a sentence; empty where all is well.

    Two values alone are classes. Labels that crowd at the low end of several powers of ten, as
    concentrations do, want a logarithm: squared errors are those of the few largest, which are
    the weakest compounds. Asked of the middle nine tenths: a factor of thirty at least, with the
    median in their lowest fifth, and no label that is not above 0. pX that lie within half a
    power of ten are hardly potencies: the logarithm may have been taken twice.

    Parameters
    ----------
    value
        (k,) labels, in ``unit``.
    unit
        As the dataset card names it.

    Examples
    --------
    >>> advice(np.linspace(4, 9, 101), "pX"), advice(np.linspace(1, 100, 101), "%")
    ('', '')
    >>> advice(np.arange(50.0) % 2, "1")
    'the labels are 0 and 1 alone; learn classes (`task: classification` in the dataset card).'
    """
    if not len(value):
        return ""
    several = np.unique(value)
    if len(several) == _TWO:
        return (
            f"the labels are {several[0]:g} and {several[1]:g} alone; learn classes "
            "(`task: classification` in the dataset card)."
        )
    if unit == "pX" and len(value) >= MINIMUM_LABELS:
        return _strange_potencies(value)
    decades = _crowded_decades(value)
    if not decades:
        return ""
    molar = unit_name(unit)
    way = "`transform: log10`" if molar is None else f"`transform: {molar}_to_pX`, `unit: pX`"
    return (
        f"the labels spread over {decades:.1f} decades and crowd at the low end "
        f"({value.min():.3g} to {value.max():.3g} {unit}, median {np.median(value):.3g}), so that "
        f"a model learns the few largest; learn their logarithm ({way} and its direction in the "
        "dataset card)."
    )


def _strange_potencies(value: Floats) -> str:
    told = f"({value.min():.3g} to {value.max():.3g} pX, median {np.median(value):.3g})"
    if _crowded_decades(value):
        return (
            f"the labels crowd at the low end of several powers of ten {told}, as concentrations "
            "do and pX do not; if they are concentrations, name their unit (`transform: uM_to_pX` "
            "in the dataset card)."
        )
    if 0 < np.ptp(np.quantile(value, (0.05, 0.95))) < _NARROW:
        return (
            f"nine tenths of the labels lie within {_NARROW} {told}; if the column holds pX "
            "already, take the transform out of the dataset card."
        )
    return ""


def _crowded_decades(value: Floats) -> float:
    """Return over how many powers of ten labels spread that crowd at the low end; else 0."""
    if value.min() <= 0:
        return 0.0
    low, middle, high = (float(end) for end in np.quantile(value, (0.05, 0.5, 0.95)))
    decades = float(np.log10(high / low))
    crowded = middle - low < _CROWDED * (high - low)
    return decades if crowded and decades >= _DECADES else 0.0
