"""The applicability domain as a model uses it: three questions, and a reason for each no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hitsieve.calibration.domain import DomainFit, FingerprintDomain
from hitsieve.calibration.embedding import EmbeddingDomain
from hitsieve.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from hitsieve.metrics.arrays import Floats


@dataclass(frozen=True, slots=True)
class Applicability:
    """Which compounds a model was made for.

    A compound is inside if all its atoms and bonds have features, a training compound is similar
    to it, and it lies among the training compounds in the network's own space.

    Parameters
    ----------
    fingerprint
        The question of similarity.
    embedding
        The question of the network's space; None for models without a network.
    """

    fingerprint: FingerprintDomain
    embedding: EmbeddingDomain | None = None

    def check(
        self,
        morgan: NDArray[np.uint8],
        unknown: NDArray[np.bool_] | None = None,
        vectors: NDArray[np.floating[Any]] | None = None,
    ) -> tuple[NDArray[np.bool_], list[str]]:
        """Say for each compound whether it is inside, and why.

        Parameters
        ----------
        morgan
            (n, 256) packed fingerprints.
        unknown
            (n,) whether the compound holds an atom or bond the model has no feature for.
        vectors
            (n, p) its vectors in the network's space; needed where there is such a question.

        Returns
        -------
        in_domain
            (n,) whether it is inside.
        reasons
            (n,) readable text, for compounds inside too; all reasons where several speak.

        Raises
        ------
        InputError
            If vectors are needed and not given, or shapes differ.
        """
        inside, reasons = self.fingerprint.check(morgan, unknown)
        if self.embedding is None:
            return inside, reasons
        if vectors is None or len(vectors) != len(morgan):
            raise InputError("the domain asks for the molecules' vectors in the network's space")
        distance = self.embedding.distance(vectors)
        limit = self.embedding.threshold
        far = distance > limit
        text = "far from the training set in the network's space: distance {:.2f}, at most {:.2f}"
        told = [
            _joined(reason, text.format(d, limit), was_inside=bool(near)) if out else reason
            for reason, d, out, near in zip(reasons, distance, far, inside, strict=True)
        ]
        return inside & ~far, told

    def describe(
        self,
        morgan: NDArray[np.uint8],
        vectors: NDArray[np.floating[Any]] | None,
        errors: Floats,
    ) -> DomainFit:
        """Tell how held-out compounds fare, and whether those inside are predicted better.

        Parameters
        ----------
        morgan, vectors
            Of h compounds, as :meth:`check` takes them.
        errors
            (h,) absolute errors of their predictions, NaN where unknown.
        """
        inside, _ = self.check(morgan, vectors=vectors)
        known = np.isfinite(errors)

        def mean(part: NDArray[np.bool_]) -> float:
            return float(errors[part & known].mean()) if (part & known).any() else float("nan")

        outside = float(np.mean(~inside)) if len(inside) else float("nan")
        return DomainFit(len(morgan), outside, mean(inside), mean(~inside))

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return plain arrays for a bundle."""
        arrays = dict(self.fingerprint.to_arrays())
        return arrays | (self.embedding.to_arrays() if self.embedding else {})

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Applicability:
        """Return what :meth:`to_arrays` wrote.

        Raises
        ------
        InputError
            If an array is absent, or arrays do not fit each other.
        """
        fingerprint = FingerprintDomain.from_arrays(arrays)
        return cls(fingerprint, EmbeddingDomain.from_arrays(arrays))


SHARES = (0.05, 0.1, 0.2)
"""Shares of held-out compounds that may lie outside, tried in turn."""


def fit_applicability(
    training: tuple[NDArray[np.uint8], NDArray[np.floating[Any]] | None],
    held_out: tuple[NDArray[np.uint8], NDArray[np.floating[Any]] | None],
    errors: Floats,
) -> Applicability:
    """Fit the domain so that held-out compounds inside are predicted better than those outside.

    Parameters
    ----------
    training, held_out
        Packed fingerprints (m, 256) and vectors (m, p) or None, of the compounds the model was
        trained on and of others.
    errors
        (h,) absolute errors on the held-out compounds, NaN where unknown.

    Returns
    -------
    Applicability
        With the smallest of the shares 5, 10 and 20 % outside that has the lower mean error
        inside; with 5 % if none has. Two questions share the share.
    """
    fits = [_fit(training, held_out, share) for share in SHARES]
    for fitted in fits:
        found = fitted.describe(held_out[0], held_out[1], errors)
        if found.error_inside < found.error_outside:
            return fitted
    return fits[0]


def _fit(
    training: tuple[NDArray[np.uint8], NDArray[np.floating[Any]] | None],
    held_out: tuple[NDArray[np.uint8], NDArray[np.floating[Any]] | None],
    share: float,
) -> Applicability:
    if training[1] is None or held_out[1] is None:
        return Applicability(FingerprintDomain.fit(training[0], held_out[0], outside_share=share))
    return Applicability(
        FingerprintDomain.fit(training[0], held_out[0], outside_share=share / 2),
        EmbeddingDomain.fit(training[1], held_out[1], share / 2),
    )


def _joined(reason: str, text: str, *, was_inside: bool) -> str:
    # A reason for being inside says nothing once another question is answered with no.
    return text if was_inside else f"{reason}; {text}"
