"""Similarity of compounds as kernel models see it: several kernels with learned weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hitsieve.chem.counts import CountFingerprints
from hitsieve.errors import ChecksumError
from hitsieve.scoring.inputs import COUNT_KINDS, DescriptorScale, Inputs
from hitsieve.scoring.minmax import BLOCK, MinMaxReference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

_SCALE: Final = ("used", "mean", "std")

WIDTHS: Final = {"physchem": 1.0, "physchem_wide": 3.0, "physchem_widest": 10.0}
"""Squared width of each Gaussian, in mean squared differences of the scaled descriptors.

A change here wants ``COUNTS_VERSION`` raised too: it tells which bundles can be used.
"""

COMPONENTS: Final = (*COUNT_KINDS, *WIDTHS)
"""Names of the kernels: min-max over each kind of counts, and Gaussians of descriptors."""


class KernelReference:
    """The training compounds of a model, and their kernels with any others.

    A Gaussian kernel is ``exp(-d / 2 w)`` with d the mean squared difference of the scaled
    descriptors and w from :data:`WIDTHS`: a narrow one for what only like compounds share, and
    wide ones for trends. All are 1 between a compound and itself.

    Parameters
    ----------
    counts
        One set of fingerprints of m compounds for each of the kinds of counts.
    scale
        Of the descriptors.
    scaled
        float (m, d): their scaled descriptors.
    minmax
        The fingerprints made ready for comparison, where that was done already.
    """

    def __init__(
        self,
        counts: tuple[CountFingerprints, ...],
        scale: DescriptorScale,
        scaled: NDArray[np.floating[Any]],
        minmax: tuple[MinMaxReference, ...] | None = None,
    ) -> None:
        self.scale, self.scaled = scale, scaled
        self.minmax = minmax or tuple(MinMaxReference(fingerprints) for fingerprints in counts)
        self._squares = (scaled.astype(np.float64) ** 2).sum(axis=1)
        self._views: dict[int, KernelReference] = {}
        self._physchem: NDArray[np.float32] | None = None

    @classmethod
    def of(cls, inputs: Inputs) -> KernelReference:
        """Take training compounds as the reference, and scale descriptors by them."""
        scale = DescriptorScale.fit(inputs.physchem)
        # float32 is what a bundle holds; both must give the same kernel
        scaled = scale.apply(inputs.physchem).astype(np.float32).astype(np.float64)
        return cls(inputs.counts, scale, scaled)

    def scale_for(
        self, physchem: NDArray[np.float64], scales: Mapping[int, DescriptorScale]
    ) -> None:
        """Let some targets see the compounds by descriptors scaled in their own way.

        A target measured on a small part of them would else be compared on scales that are ruled
        by the chemistry of others.

        Parameters
        ----------
        physchem
            float64 (m, D): descriptors of the compounds.
        scales
            By number of the target.
        """
        self._physchem = physchem.astype(np.float32)
        counts = tuple(reference.counts for reference in self.minmax)
        exact = self._physchem.astype(np.float64)
        self._views = {
            # float32: one of many tables as large as the reference
            column: KernelReference(
                counts, scale, scale.apply(exact).astype(np.float32), self.minmax
            )
            for column, scale in scales.items()
        }

    def seen_by(self, column: int) -> KernelReference:
        """Return the compounds as a target sees them: these, unless it has a scale of its own."""
        return self._views.get(column, self)

    def __len__(self) -> int:
        return len(self.scaled)

    def at(self, rows: NDArray[np.int32]) -> KernelReference:
        """Return the reference of some of the compounds, scaled as all are."""
        if np.array_equal(rows, np.arange(len(self))):
            return self
        counts = tuple(reference.counts.take(rows) for reference in self.minmax)
        return KernelReference(counts, self.scale, self.scaled[rows])

    def components(
        self, query: Inputs, similar: Sequence[NDArray[np.float32]] | None = None
    ) -> NDArray[np.float32]:
        """Return the kernels of n compounds with the m references: float32 (C, n, m).

        ``similar`` are those of counts (:meth:`similar`), where they are there already.
        """
        found = self.similar(query) if similar is None else similar
        return self._fill(found, self.scale.apply(query.physchem))

    def similar(self, query: Inputs) -> list[NDArray[np.float32]]:
        """Return the min-max kernels of n compounds with the m references, each float32 (n, m)."""
        pairs = zip(self.minmax, query.counts, strict=True)
        return [reference.similarity(counts) for reference, counts in pairs]

    def own(self) -> NDArray[np.float32]:
        """Return the kernels of the references with each other: float32 (C, m, m)."""
        similar = (reference.similarity(reference.counts) for reference in self.minmax)
        return self._fill(similar, self.scaled)

    def _fill(
        self, similar: Iterable[NDArray[np.float32]], scaled: NDArray[np.floating[Any]]
    ) -> NDArray[np.float32]:
        found = np.empty((len(COMPONENTS), len(scaled), len(self)), np.float32)
        for place, kernel in enumerate(similar):
            found[place] = kernel
        for start in range(0, len(scaled), BLOCK):
            rows = slice(start, start + BLOCK)
            some = scaled[rows].astype(np.float64, copy=False)
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
        if self._physchem is not None:
            arrays["physchem"] = self._physchem
            for column, view in self._views.items():
                for name in _SCALE:
                    arrays[f"view.{column}.{name}"] = getattr(view.scale, name)
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
            scale = DescriptorScale(*(arrays[f"scale.{name}"] for name in _SCALE))
            counts = tuple(
                CountFingerprints(
                    *(arrays[f"{kind}.{name}"] for name in ("offsets", "features", "counts"))
                )
                for kind in COUNT_KINDS
            )
            scaled = arrays["scaled"].astype(np.float64)
            views = {column: _view(arrays, column) for column in _columns(arrays)}
            physchem = arrays["physchem"] if views else np.empty((len(scaled), 0))
        except KeyError as error:
            raise ChecksumError(f"kernel reference: array {error} is missing") from None
        _check(counts, scale, scaled)
        found = cls(counts, scale, scaled)
        if views:
            _check_views(physchem, views, len(scaled))
            found.scale_for(physchem.astype(np.float64), views)
        return found


def _columns(arrays: Mapping[str, NDArray[Any]]) -> list[int]:
    """Return the targets that have a scale of their own, ascending."""
    return sorted({int(name.split(".")[1]) for name in arrays if name.startswith("view.")})


def _view(arrays: Mapping[str, NDArray[Any]], column: int) -> DescriptorScale:
    return DescriptorScale(*(arrays[f"view.{column}.{name}"] for name in _SCALE))


def _check_views(physchem: NDArray[Any], views: Mapping[int, DescriptorScale], count: int) -> None:
    sound = physchem.ndim == 2 and len(physchem) == count  # noqa: PLR2004 - a matrix
    for scale in views.values():
        sound &= len(scale.used) == len(scale.mean) == len(scale.std)
        sound &= not len(scale.used) or int(scale.used.max()) < physchem.shape[1]
    if not sound:
        raise ChecksumError("kernel reference: scales of its targets do not fit its descriptors")


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
