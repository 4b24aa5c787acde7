"""Similarity of compounds as kernel models see it: five kernels with learned weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hitsieve.chem.counts import CountFingerprints
from hitsieve.errors import ChecksumError
from hitsieve.scoring.inputs import COUNT_KINDS, DescriptorScale, Inputs
from hitsieve.scoring.minmax import BLOCK, MinMaxReference

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTHS: Final = {"physchem": 1.0, "physchem_wide": 3.0}
"""Squared width of each Gaussian, in mean squared differences of the scaled descriptors."""

COMPONENTS: Final = (*COUNT_KINDS, *WIDTHS)
"""Names of the kernels: min-max over each kind of counts, and Gaussians of descriptors."""


class KernelReference:
    """The training compounds of a model, and their kernels with any others.

    A Gaussian kernel is ``exp(-d / 2 w)`` with d the mean squared difference of the scaled
    descriptors and w from :data:`WIDTHS`: a narrow one for what only like compounds share, and a
    wide one for trends. All are 1 between a compound and itself.

    Parameters
    ----------
    counts
        One set of fingerprints of m compounds for each of the kinds of counts.
    scale
        Of the descriptors.
    scaled
        float64 (m, d): their scaled descriptors.
    """

    def __init__(
        self,
        counts: tuple[CountFingerprints, ...],
        scale: DescriptorScale,
        scaled: NDArray[np.float64],
    ) -> None:
        self.scale, self.scaled = scale, scaled
        self.minmax = tuple(MinMaxReference(fingerprints) for fingerprints in counts)
        self._squares = (scaled**2).sum(axis=1)

    @classmethod
    def of(cls, inputs: Inputs) -> KernelReference:
        """Take training compounds as the reference, and scale descriptors by them."""
        scale = DescriptorScale.fit(inputs.physchem)
        # float32 is what a bundle holds; both must give the same kernel
        scaled = scale.apply(inputs.physchem).astype(np.float32).astype(np.float64)
        return cls(inputs.counts, scale, scaled)

    def __len__(self) -> int:
        return len(self.scaled)

    def at(self, rows: NDArray[np.int32]) -> KernelReference:
        """Return the reference of some of the compounds, scaled as all are."""
        if np.array_equal(rows, np.arange(len(self))):
            return self
        counts = tuple(reference.counts.take(rows) for reference in self.minmax)
        return KernelReference(counts, self.scale, self.scaled[rows])

    def components(self, query: Inputs) -> NDArray[np.float32]:
        """Return the kernels of n compounds with the m references: float32 (C, n, m)."""
        return self._fill(query.counts, self.scale.apply(query.physchem))

    def own(self) -> NDArray[np.float32]:
        """Return the kernels of the references with each other: float32 (C, m, m)."""
        return self._fill(tuple(reference.counts for reference in self.minmax), self.scaled)

    def _fill(
        self, counts: tuple[CountFingerprints, ...], scaled: NDArray[np.float64]
    ) -> NDArray[np.float32]:
        found = np.empty((len(COMPONENTS), len(scaled), len(self)), np.float32)
        for place, (reference, query) in enumerate(zip(self.minmax, counts, strict=True)):
            found[place] = reference.similarity(query)
        for start in range(0, len(scaled), BLOCK):
            rows = slice(start, start + BLOCK)
            some = scaled[rows]
            distance = (some**2).sum(axis=1)[:, None] + self._squares - 2 * some @ self.scaled.T
            mean = np.maximum(distance, 0.0) / max(1, scaled.shape[1])
            for place, width in enumerate(WIDTHS.values(), len(self.minmax)):
                found[place, rows] = np.exp(-mean / (2 * width))
        return found

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return all arrays, ready for safetensors."""
        arrays: dict[str, NDArray[Any]] = {
            "scale.used": self.scale.used,
            "scale.mean": self.scale.mean,
            "scale.std": self.scale.std,
            "scaled": self.scaled.astype(np.float32),
        }
        for kind, reference in zip(COUNT_KINDS, self.minmax, strict=True):
            counts = reference.counts
            arrays[f"{kind}.offsets"] = counts.offsets
            arrays[f"{kind}.features"] = counts.features
            arrays[f"{kind}.counts"] = counts.counts
        return arrays

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> KernelReference:
        """Rebuild from the arrays of :meth:`to_arrays`.

        Raises
        ------
        ChecksumError
            If an array is missing, or they do not fit each other.
        """
        try:
            scale = DescriptorScale(*(arrays[f"scale.{name}"] for name in ("used", "mean", "std")))
            counts = tuple(
                CountFingerprints(
                    *(arrays[f"{kind}.{name}"] for name in ("offsets", "features", "counts"))
                )
                for kind in COUNT_KINDS
            )
            scaled = arrays["scaled"].astype(np.float64)
        except KeyError as error:
            raise ChecksumError(f"kernel reference: array {error} is missing") from None
        _check(counts, scale, scaled)
        return cls(counts, scale, scaled)


def _check(
    counts: tuple[CountFingerprints, ...], scale: DescriptorScale, scaled: NDArray[np.float64]
) -> None:
    sound = scaled.ndim == 2 and scaled.shape[1] == len(scale.used)  # noqa: PLR2004 - a matrix
    for fingerprints in counts:
        steps = np.diff(fingerprints.offsets)
        sound &= len(fingerprints) == len(scaled) and bool((steps >= 0).all())
        sound &= len(fingerprints.features) == len(fingerprints.counts)
        sound &= int(fingerprints.offsets[-1]) == len(fingerprints.features)
    if not sound:
        raise ChecksumError("kernel reference: its arrays do not fit each other")
