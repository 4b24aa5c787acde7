r"""Distance in a network's own space: how unlike its training compounds a molecule looks to it.

A molecule's vector x of p numbers, as the network hands it to its head, is measured against a
normal distribution fitted to those of the training compounds: the q directions of most variance
with variances :math:`\lambda_j`, and one variance :math:`\sigma^2` for all others (probabilistic
principal components),

.. math:: d(x) = \sqrt{\frac1p\Bigl(\sum_{j\le q}\frac{z_j^2}{\lambda_j}
          + \frac{\lVert r\rVert^2}{\sigma^2}\Bigr)}

with z the coordinates along the directions and r what they leave. Training compounds have about
d = 1.

References
----------
Tipping and Bishop, J. R. Stat. Soc. B 61 (1999) 611.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hitsieve.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hitsieve.metrics.arrays import Floats

DIRECTIONS: Final = 64
ENOUGH: Final = 20
_PREFIX: Final = "embedding."
_NAMES: Final = ("center", "axes", "variance", "rest", "threshold")
_FLOOR: Final = 1e-6


@dataclass(frozen=True, slots=True)
class EmbeddingDomain:
    """Domain by distance from the training compounds in the network's space.

    Parameters
    ----------
    center
        (p,) mean vector.
    axes
        (p, q) directions of most variance, of length 1.
    variance
        (q,) variance along each.
    rest
        Variance along any other direction.
    threshold
        Largest distance that counts as inside.
    """

    center: Floats
    axes: Floats
    variance: Floats
    rest: float
    threshold: float

    @classmethod
    def fit(
        cls, training: NDArray[np.floating[Any]], held_out: NDArray[np.floating[Any]], share: float
    ) -> EmbeddingDomain:
        """Fit the distribution on training compounds and the threshold on held-out ones.

        Parameters
        ----------
        training
            (m, p) vectors of the training compounds, m of at least 2.
        held_out
            (h, p) vectors of compounds the network was not trained on. With fewer than 20 the
            training compounds set the threshold.
        share
            Share of the held-out compounds to leave outside, in [0, 1).

        Raises
        ------
        InputError
            If shapes differ, there are fewer than two training compounds, or a vector is not
            finite.
        """
        if np.ndim(training) != 2 or np.shape(training)[1:] != np.shape(held_out)[1:]:  # noqa: PLR2004 - (m, p)
            raise InputError(f"vectors of shapes {np.shape(training)} and {np.shape(held_out)}")
        fitted = cls.of(training, share)
        return fitted.limited(fitted.distance(held_out), share)

    @classmethod
    def of(cls, training: NDArray[np.floating[Any]], share: float) -> EmbeddingDomain:
        """Fit the distribution; training compounds set the threshold for now.

        Parameters
        ----------
        training
            (m, p) vectors, m of at least 2.
        share
            Share of them to leave outside, in [0, 1).

        Raises
        ------
        InputError
            If there are fewer than two, or a vector is not finite.
        """
        vectors = np.asarray(training, dtype=np.float64)
        if vectors.ndim != 2 or len(vectors) < 2:  # noqa: PLR2004 - (m, p), two for a spread
            raise InputError(f"vectors of shape {vectors.shape}")
        _check_finite(vectors)
        center = vectors.mean(axis=0)
        _, singular, rows = np.linalg.svd(vectors - center, full_matrices=False)
        spread = singular**2 / (len(vectors) - 1)
        width = vectors.shape[1]
        kept = max(1, min(DIRECTIONS, len(vectors) // 4, width - 1))
        smallest = _FLOOR * max(float(spread.sum()) / width, _FLOOR)
        rest = max(float(spread[kept:].sum()) / max(width - kept, 1), smallest)
        axes = np.ascontiguousarray(rows[:kept].T)  # as a bundle holds them, to the same last bit
        fitted = cls(center, axes, np.maximum(spread[:kept], rest), rest, np.inf)
        return replace(fitted, threshold=_limit(fitted.distance(vectors), share))

    def limited(self, distance: Floats, share: float) -> EmbeddingDomain:
        """Set the threshold so that ``share`` of given distances lie above it.

        Parameters
        ----------
        distance
            (h,) of held-out compounds, each from those that were not held out with it. With fewer
            than 20 the threshold stays.
        share
            Share of them to leave outside, in [0, 1).

        Raises
        ------
        InputError
            If a distance is not finite.
        """
        _check_finite(distance)
        return self if len(distance) < ENOUGH else replace(self, threshold=_limit(distance, share))

    def distance(self, vectors: NDArray[np.floating[Any]]) -> Floats:
        """Return (n,) distances of (n, p) vectors.

        Raises
        ------
        InputError
            If the vectors have another width than the training compounds'.
        """
        if vectors.ndim != 2 or vectors.shape[1] != len(self.center):  # noqa: PLR2004 - (n, p)
            raise InputError(f"vectors {vectors.shape} for a space of {len(self.center)}")
        shifted = np.asarray(vectors, dtype=np.float64) - self.center
        along = shifted @ self.axes
        rest = np.maximum((shifted**2).sum(axis=1) - (along**2).sum(axis=1), 0.0)
        square = (along**2 / self.variance).sum(axis=1) + rest / self.rest
        result: Floats = np.sqrt(square / len(self.center))
        return result

    def holds(self, vectors: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
        """Tell which vectors (n, p) lie inside: bool (n,)."""
        inside: NDArray[np.bool_] = self.distance(vectors) <= self.threshold
        return inside

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return plain arrays for a bundle."""
        values = (self.center, self.axes, self.variance, [self.rest], [self.threshold])
        return {
            _PREFIX + name: np.ascontiguousarray(value, dtype=np.float64)
            for name, value in zip(_NAMES, values, strict=True)
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> EmbeddingDomain | None:
        """Return what :meth:`to_arrays` wrote, or None if a bundle has no such domain.

        Raises
        ------
        InputError
            If only some of the arrays are there, or they do not fit each other.
        """
        found = [arrays.get(_PREFIX + name) for name in _NAMES]
        if all(array is None for array in found):
            return None
        center, axes, variance, rest, threshold = found
        if center is None or axes is None or variance is None or rest is None or threshold is None:
            raise InputError("the embedding domain lacks arrays")
        if axes.shape != (len(center), len(variance)):
            raise InputError(f"axes {axes.shape} for {len(center)} by {len(variance)}")
        return cls(center, axes, variance, float(rest[0]), float(threshold[0]))


def _limit(distance: Floats, share: float) -> float:
    return float(np.quantile(distance, 1 - share, method="higher"))


def _check_finite(values: Floats) -> None:
    if not np.isfinite(values).all():
        raise InputError("a molecule's vector is not finite", cure="train with a lower rate")
