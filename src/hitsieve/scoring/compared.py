"""Kernels between compounds that models learn from: all at once, or those that are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hitsieve.scoring.gaussian_process import weighted, weighted_own

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hitsieve.scoring.inputs import Inputs
    from hitsieve.scoring.kernel import KernelReference

    Floats = NDArray[np.float64]
    Places = NDArray[np.integer[Any]]


class Compared:
    """Kernels of m reference compounds with each other.

    Up to ``most`` compounds they are computed once and held; of more, those of some compounds are
    computed each time, so that many targets with some compounds each need no room for all pairs.

    Parameters
    ----------
    reference
        The compounds.
    inputs
        Theirs.
    most
        Compounds whose kernels are held: float32 (C, most, most).
    """

    def __init__(self, reference: KernelReference, inputs: Inputs, most: int) -> None:
        self.reference, self._inputs = reference, inputs
        self._own = reference.own() if len(reference) <= most else None

    def components(
        self, rows: Places, column: int
    ) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
        """Return kernels that hold those of k compounds, and the places of these in them.

        As the target numbered ``column`` sees them.

        Returns
        -------
        float32 (C, p, p), int32 (k,)
            A compound may be asked for several times.
        """
        seen = self.reference.seen_by(column)
        if self._own is not None and seen is self.reference:
            return self._own, rows.astype(np.int32)
        some, places = np.unique(rows, return_inverse=True)
        return seen.at(some.astype(np.int32)).own(), places.astype(np.int32)

    def weighted(self, weights: Floats, rows: Places, column: int) -> Floats:
        """Return weighted sums of the kernels of k compounds: float64 (k, k)."""
        components, places = self.components(rows, column)
        return weighted_own(components, weights, places)

    def between(self, weights: Floats, rows: Places, others: Places, column: int) -> Floats:
        """Return weighted sums of the kernels of k compounds with l others: float64 (k, l)."""
        seen = self.reference.seen_by(column)
        if self._own is not None and seen is self.reference:
            return weighted(self._own[:, rows], weights, others.astype(np.int32))
        found = seen.at(others.astype(np.int32)).components(self._inputs.take(rows))
        return weighted(found, weights, np.arange(len(others), dtype=np.int32))
