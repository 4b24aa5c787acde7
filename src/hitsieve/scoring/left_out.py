"""What models of one target say of compounds that they did not learn from, a fold at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

M = TypeVar("M")


@dataclass(frozen=True, slots=True)
class LeftOut(Generic[M]):
    """The word of models that each learned without one fold, on that fold.

    Attributes
    ----------
    mean, std
        float64 (k,): of the k measurements, NaN for what is in no fold; ``std`` is 0 where such
        models have no spread of their own.
    models
        One per fold, in the order of the folds. They can be asked for further compounds that
        belong to the fold, which nobody learned from.
    """

    mean: Floats
    std: Floats
    models: list[M]
