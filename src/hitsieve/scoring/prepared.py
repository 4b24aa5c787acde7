"""Inputs of a block of compounds with what several members derive from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from hitsieve.scoring.inputs import Inputs
from hitsieve.scoring.protocol import Prediction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from hitsieve.scoring.batch import CompoundBatch
    from hitsieve.scoring.kernel import KernelReference

BLOCK: Final = 512
"""Compounds scored together: kernels with all references are held for this many."""


class Prepared:
    """A block of compounds on its way through the fingerprint members of a blend.

    Attributes
    ----------
    inputs
        Of n compounds.
    """

    def __init__(self, inputs: Inputs) -> None:
        self.inputs = inputs
        self._similar: dict[int, Sequence[NDArray[np.float32]]] = {}
        self._last: tuple[KernelReference, NDArray[np.float32]] | None = None

    def components(self, reference: KernelReference) -> NDArray[np.float32]:
        """Return the kernels with a reference, float32 (C, n, m).

        Those of counts are computed once for all targets; with descriptors scaled in another
        way, the last ones are kept.
        """
        if self._last is None or self._last[0] is not reference:
            key = id(reference.minmax)
            if key not in self._similar:
                self._similar[key] = reference.similar(self.inputs)
            self._last = reference, reference.components(self.inputs, self._similar[key])
        return self._last[1]


class FingerprintMember(Protocol):
    """A model that reads fingerprints and descriptors, alone or in a blend."""

    @property
    def targets(self) -> tuple[str, ...]:
        """Names of the predicted columns, in order."""

    def score(self, batch: CompoundBatch) -> Prediction:
        """Predict all targets of all compounds of a batch."""

    def score_prepared(self, block: Prepared) -> Prediction:
        """Predict all targets of a block."""


def in_blocks(
    batch: CompoundBatch, score: Callable[[Prepared], Prediction], targets: int
) -> Prediction:
    """Score a batch block by block."""
    shape = (len(batch), targets)
    mean, std = np.empty(shape, np.float32), np.empty(shape, np.float32)
    for start in range(0, len(batch), BLOCK):
        rows = np.arange(start, min(start + BLOCK, len(batch)))
        found = score(Prepared(Inputs.of(batch.take(rows))))
        mean[rows], std[rows] = found.mean, found.std
    return Prediction(mean, std)
