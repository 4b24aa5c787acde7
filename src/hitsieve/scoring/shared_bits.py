"""Counting the bits that fingerprints share, by matrix products that are exact."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from hitsieve.scoring.gnn import one_thread
from hitsieve.scoring.precision import LEAST_GAIN, matrix_gain

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EXACT: Final = 256
"""All whole numbers up to here are bfloat16 numbers."""


class SharedBits:
    """Packed fingerprints that others are compared with.

    Products of zeros and ones are summed in single precision; a bfloat16 holds every sum that no
    more than 256 bits can make, and where the processor multiplies them faster (four times, with
    AVX-512 BF16) they are used. Either way the counts are exact, and the same on any machine.

    Parameters
    ----------
    packed
        uint8 (m, bytes).
    reduced
        Whether bfloat16 may be used; None asks the processor once.

    Examples
    --------
    >>> SharedBits(np.array([[0b11110000], [0b00000001]], np.uint8))(np.array([[49]], np.uint8))
    array([[2., 1.]], dtype=float32)
    """

    def __init__(self, packed: NDArray[np.uint8], *, reduced: bool | None = None) -> None:
        bits = np.unpackbits(packed, axis=1)
        self.totals = bits.sum(axis=1, dtype=np.int64).astype(np.float32)
        small = bool((self.totals <= _EXACT).all())
        reduced = _faster() if reduced is None else reduced
        self._kind = torch.bfloat16 if small and reduced else torch.float32
        self._columns = torch.from_numpy(np.ascontiguousarray(bits.T)).to(self._kind)

    def __call__(self, packed: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return how many bits n fingerprints, uint8 (n, bytes), share with each: (n, m)."""
        bits = torch.from_numpy(np.unpackbits(packed, axis=1)).to(self._kind)
        with torch.inference_mode(), one_thread():
            shared: NDArray[np.float32] = torch.mm(bits, self._columns).float().numpy()
        return shared


@cache
def _faster() -> bool:
    return matrix_gain() >= LEAST_GAIN
