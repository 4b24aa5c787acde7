"""Checking the arrays a metric is given, in one place for all metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from hitsieve.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
_ROUNDING: Final = 1e-6


def vector(values: ArrayLike, name: str) -> Floats:
    """Return values as a float64 vector.

    Raises
    ------
    InputError
        If the values are no numbers or have more than one dimension.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} holds something that is no number: {error}") from None
    if array.ndim != 1:
        raise InputError(
            f"{name} has shape {array.shape}, a vector is needed",
            cure="pass one target at a time",
        )
    return array


def differ(values: npt.NDArray[np.floating[Any]]) -> bool:
    """Tell whether labels (n,) differ by more than float32 rounds: a millionth of the largest.

    Examples
    --------
    >>> differ(np.array([1e-9, 2e-9])), differ(np.array([300.0, 300.00003])), differ(np.array([]))
    (True, False, False)
    """
    return bool(values.size and np.ptp(values) > _ROUNDING * np.abs(values).max())


def flags(values: ArrayLike, name: str) -> Bools:
    """Return values that are false/true or 0/1 as a boolean vector.

    Raises
    ------
    InputError
        If any value is neither.
    """
    array = vector(values, name)
    wrong = ~np.isin(array, (0.0, 1.0))
    if wrong.any():
        raise InputError(
            f"{name}[{int(np.argmax(wrong))}] = {array[wrong][0]} is neither 0 nor 1",
            cure="threshold the measured values into active and inactive first",
        )
    truth: Bools = array == 1.0
    return truth


def same_length(**arrays: npt.NDArray[np.generic]) -> int:
    """Return the common length of arrays, refusing differing or zero lengths.

    Raises
    ------
    InputError
        If the lengths differ or are zero.
    """
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) != 1:
        raise InputError(f"arrays of differing lengths: {lengths}")
    length = next(iter(lengths.values()))
    if length == 0:
        raise InputError(f"{' and '.join(lengths)} are empty", cure="pass at least one value")
    return length


def labeled(truth: ArrayLike, *predictions: ArrayLike) -> tuple[Floats, ...]:
    """Drop the positions whose true value is NaN (not measured) from all arrays.

    Raises
    ------
    InputError
        If lengths differ, nothing is measured, or a prediction of a measured item is not finite.
    """
    known = vector(truth, "truth")
    others = [vector(p, f"prediction {i}") for i, p in enumerate(predictions)]
    same_length(truth=known, **{f"prediction_{i}": p for i, p in enumerate(others)})
    keep = ~np.isnan(known)
    if not keep.any():
        raise InputError("no value of truth is measured: all are NaN")
    kept = (known[keep], *(p[keep] for p in others))
    for place, array in enumerate(kept[1:]):
        if not np.isfinite(array).all():
            raise InputError(
                f"prediction {place} holds {int((~np.isfinite(array)).sum())} values that are "
                "not finite for measured items",
                cure="leave failed predictions out before judging the rest",
            )
    return kept
