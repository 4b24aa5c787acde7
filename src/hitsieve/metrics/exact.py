"""Sums of floats without rounding, so that no order of adding can change a result.

A float64 is an integer times a power of two. Adding the integers, aligned to the smallest power
a float64 can have, is exact; the rounding happens once, when the sum is read.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from hitsieve.metrics.arrays import Floats

_MANTISSA: Final = 53
_HALF: Final = 26
# frexp's smallest exponent is -1073, and the mantissa is scaled by 2**53
SHIFT: Final = 1073 + _MANTISSA
_SPLITTER: Final = float(2**27 + 1)
# squares of larger magnitudes, or the splitting itself, would overflow
LARGEST: Final = 1e150


def exact_sum(values: Floats) -> int:
    """Return the exact sum of finite float64 values, as an integer in units of 2**-SHIFT.

    Examples
    --------
    >>> to_fraction(exact_sum(np.array([1e16, 1.0, -1e16])))
    Fraction(1, 1)
    """
    mantissa, exponent = np.frexp(values)
    whole = (mantissa * 2.0**_MANTISSA).astype(np.int64)
    total = 0
    for power in np.unique(exponent):
        at = whole[exponent == power]
        # two halves: an int64 sum of 27-bit numbers holds 2**36 terms, of 53-bit numbers 2**10
        high = int((at >> _HALF).sum())
        low = int((at & ((1 << _HALF) - 1)).sum())
        total += ((high << _HALF) + low) << (int(power) - _MANTISSA + SHIFT)
    return total


def exact_square_sum(values: Floats) -> int:
    """Return the sum of squares in units of 2**-SHIFT, each square split into two exact floats.

    Exact for magnitudes from 1e-140 to 1e150; below, each square is rounded on its own, which
    still does not depend on the order.

    References
    ----------
    Dekker, Numer. Math. 18 (1971) 224.
    """
    wide = _SPLITTER * values
    high = wide - (wide - values)
    low = values - high
    product = values * values
    rest = ((high * high - product) + 2.0 * high * low) + low * low
    return exact_sum(product) + exact_sum(rest)


def to_fraction(total: int) -> Fraction:
    """Return a sum in units of 2**-SHIFT as a fraction."""
    return Fraction(total, 1 << SHIFT)
