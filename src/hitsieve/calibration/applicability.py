"""The applicability domain as a model uses it: four questions, and a reason for each no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hitsieve.calibration.domain import DomainFit, FingerprintDomain, domain_fit
from hitsieve.calibration.embedding import EmbeddingDomain
from hitsieve.calibration.seen import SeenFeatures
from hitsieve.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hitsieve.metrics.arrays import Floats


@dataclass(frozen=True, slots=True)
class Applicability:
    """Which compounds a model was made for.

    A compound is inside if all its atoms and bonds have features, training compounds have atoms and
    bonds of all its kinds, one of them is similar to it, and it lies among them in the network's
    own space.

    Parameters
    ----------
    fingerprint
        The question of similarity.
    embedding
        The question of the network's space; None for models without a network.
    seen
        The kinds of atoms and bonds of the training set; None where they are not known.
    """

    fingerprint: FingerprintDomain
    embedding: EmbeddingDomain | None = None
    seen: SeenFeatures | None = None

    def check(
        self,
        morgan: NDArray[np.uint8],
        unknown: NDArray[np.bool_] | None = None,
        vectors: NDArray[np.floating[Any]] | None = None,
        unseen: Sequence[str] = (),
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
        unseen
            (n,) what of it no training compound has, as
            :meth:`~hitsieve.calibration.seen.SeenFeatures.reasons` tells; not asked if empty.

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
        if len(unseen):
            reasons = [
                _joined(reason, text, was_inside=bool(near)) if text else reason
                for reason, text, near in zip(reasons, unseen, inside, strict=True)
            ]
            inside = inside & (np.array(unseen) == "")
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
        unseen: Sequence[str] = (),
    ) -> DomainFit:
        """Tell how held-out compounds fare, and whether those inside are predicted better.

        Parameters
        ----------
        morgan, vectors, unseen
            Of h compounds, as :meth:`check` takes them.
        errors
            (h,) absolute errors of their predictions, NaN where unknown.
        """
        inside, _ = self.check(morgan, vectors=vectors, unseen=unseen)
        return domain_fit(inside, errors)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return plain arrays for a bundle."""
        arrays = dict(self.fingerprint.to_arrays())
        for part in (self.embedding, self.seen):
            arrays |= part.to_arrays() if part else {}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Applicability:
        """Return what :meth:`to_arrays` wrote.

        Raises
        ------
        InputError
            If an array is absent, or arrays do not fit each other.
        """
        fingerprint = FingerprintDomain.from_arrays(arrays)
        seen = SeenFeatures.from_arrays(arrays)
        return cls(fingerprint, EmbeddingDomain.from_arrays(arrays), seen)


SHARES = (0.05, 0.1, 0.2)
"""Shares of held-out compounds that may lie outside, tried in turn."""


@dataclass(frozen=True, slots=True)
class Closeness:
    """How close h held-out compounds come to the others, and how well they are predicted.

    Parameters
    ----------
    similarity
        float32 (h,): to the nearest compound that was not held out with them.
    distance
        float64 (h,): from those compounds in the space of a network that learned from them alone;
        None for models without a network.
    errors
        (h,) absolute errors, NaN where unknown.
    """

    similarity: NDArray[np.float32]
    distance: Floats | None
    errors: Floats


def fit_applicability(
    training: NDArray[np.uint8],
    space: EmbeddingDomain | None,
    seen: SeenFeatures | None,
    held_out: Closeness,
) -> tuple[Applicability, DomainFit]:
    """Fit the domain so that held-out compounds inside are predicted better than those outside.

    Parameters
    ----------
    training
        (m, 256) packed fingerprints of the compounds the model was trained on.
    space
        Their distribution in the network's space.
    seen
        Their kinds of atoms and bonds.
    held_out
        Compounds the model, or a part of it, was not trained on.

    Returns
    -------
    Applicability
        With the smallest of the shares 5, 10 and 20 % outside that has the lower mean error
        inside; with 5 % if none has. Two questions share the share.
    DomainFit
        How the held-out compounds fare.
    """
    fits = [_fit(training, space, seen, held_out, share) for share in SHARES]
    told = [_fare(fitted, held_out) for fitted in fits]
    chosen = next((place for place, fit in enumerate(told) if fit.tells), 0)
    return fits[chosen], told[chosen]


def _fare(fitted: Applicability, held_out: Closeness) -> DomainFit:
    inside = held_out.similarity >= np.float32(fitted.fingerprint.threshold)
    if fitted.embedding is not None and held_out.distance is not None:
        inside = inside & (held_out.distance <= fitted.embedding.threshold)
    return domain_fit(inside, held_out.errors)


def _fit(
    training: NDArray[np.uint8],
    space: EmbeddingDomain | None,
    seen: SeenFeatures | None,
    held_out: Closeness,
    share: float,
) -> Applicability:
    if space is None or held_out.distance is None:
        near = FingerprintDomain.limited(training, held_out.similarity, share)
        return Applicability(near, None, seen)
    near = FingerprintDomain.limited(training, held_out.similarity, share / 2)
    return Applicability(near, space.limited(held_out.distance, share / 2), seen)


def _joined(reason: str, text: str, *, was_inside: bool) -> str:
    # A reason for being inside says nothing once another question is answered with no.
    return text if was_inside else f"{reason}; {text}"
