"""What a user had better do with labels that can be learned, but hardly as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hitsieve.assays.units import unit_name

if TYPE_CHECKING:
    from hitsieve.metrics.arrays import Floats

_DECADES: Final = 1.5
_CROWDED: Final = 0.2
_TWO: Final = 2


def advice(value: Floats, unit: str) -> str:
    """Return what to do with the labels of a regression, in a sentence; empty where all is well.

    Two values alone are classes. Labels that crowd at the low end of several powers of ten, as
    concentrations do, want a logarithm: squared errors are those of the few largest, which are
    the weakest compounds. Asked of the middle nine tenths: a factor of thirty at least, with the
    median in their lowest fifth, and no label that is not above 0.

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


def _crowded_decades(value: Floats) -> float:
    """Return over how many powers of ten labels spread that crowd at the low end; else 0."""
    if value.min() <= 0:
        return 0.0
    low, middle, high = (float(end) for end in np.quantile(value, (0.05, 0.5, 0.95)))
    decades = float(np.log10(high / low))
    crowded = middle - low < _CROWDED * (high - low)
    return decades if crowded and decades >= _DECADES else 0.0
