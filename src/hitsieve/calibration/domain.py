"""The applicability domain: which compounds a model was made for, and why one is not.

A compound is outside if no training compound is similar to it, or if it holds an atom or bond the
model has never been given a feature for. The similarity threshold is not a fixed number: it is
fitted on held-out compounds, so that the stated share of chemistry like the training set's own
hold-out lies inside. It has a floor, though: held-out compounds of a diverse set are unlike the
others, and a threshold that lets them in would let in everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from hitsieve.calibration.neighbors import Neighborhood
from hitsieve.chem.fingerprints import nearest_tanimoto
from hitsieve.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hitsieve.metrics.arrays import Floats

Bytes = npt.NDArray[np.uint8]
FINGERPRINT_BYTES: Final = 256
ENOUGH: Final = 20
FLOOR: Final = 0.3
"""Smallest similarity that is more than chance.

Measured on the 20 sets of MoleculeACE and four of MoleculeNet: of the compounds of one set, 95 %
have no compound of this similarity among 300 of another (median over pairs of sets; the 95th
percentile is 0.27 among 100 compounds, 0.33 among 1000), and of the compounds of BACE 96 % have
none in ESOL. Of all pairs of compounds 99 % lie below 0.25. Of compounds held out at random 2 to
7 % are less similar to the others in ESOL, Lipophilicity and BBBP, none in BACE.
"""
DEFAULT_THRESHOLD: Final = FLOOR
OUTSIDE_SHARE: Final = 0.05


@dataclass(frozen=True, slots=True)
class DomainFit:
    """How held-out compounds fare, for the model card.

    Parameters
    ----------
    held_out
        How many they are.
    outside
        Share of them that falls outside.
    error_inside, error_outside
        Their mean absolute error inside and outside; NaN if no errors were given or a side is
        empty.
    """

    held_out: int
    outside: float
    error_inside: float
    error_outside: float

    @property
    def tells(self) -> bool:
        """Whether errors are lower inside; not if a side is empty."""
        return self.error_inside < self.error_outside


def domain_fit(inside: npt.NDArray[np.bool_], errors: Floats) -> DomainFit:
    """Tell how h compounds fare: bool (h,) and their absolute errors (h,), NaN where unknown."""
    outside = float(np.mean(~inside)) if len(inside) else float("nan")
    return DomainFit(len(inside), outside, _mean(errors[inside]), _mean(errors[~inside]))


@dataclass(frozen=True, slots=True)
class FingerprintDomain:
    """Domain by similarity to the nearest training compound.

    Parameters
    ----------
    training
        (m, 256) packed Morgan fingerprints of the training compounds.
    threshold
        Smallest Tanimoto similarity that counts as inside.
    """

    training: Bytes
    threshold: float

    def __post_init__(self) -> None:
        _check_fingerprints(self.training, "training")
        if not len(self.training):
            raise InputError("a domain needs at least one training fingerprint")
        if not 0.0 <= self.threshold <= 1.0:
            raise InputError(f"threshold = {self.threshold} is outside [0, 1]")

    @classmethod
    def fit(
        cls, training: Bytes, held_out: Bytes, *, outside_share: float = OUTSIDE_SHARE
    ) -> FingerprintDomain:
        """Set the threshold so that ``outside_share`` of held-out compounds lie outside.

        Parameters
        ----------
        training
            (m, 256) packed fingerprints the model is trained on.
        held_out
            (h, 256) those of compounds it is not trained on. With fewer than 20 the threshold is
            0.3.
        outside_share
            Share of held-out compounds to leave outside, in [0, 1); see :meth:`limited`.
        """
        _check_fingerprints(held_out, "held_out")
        if not len(held_out):
            return cls.limited(training, np.empty(0, np.float32), outside_share)
        return cls.limited(training, nearest_tanimoto(held_out, training)[0], outside_share)

    @classmethod
    def limited(
        cls, training: Bytes, similarity: npt.NDArray[np.float32], outside_share: float
    ) -> FingerprintDomain:
        """Set the threshold so that ``outside_share`` of given similarities lie below it.

        Parameters
        ----------
        training
            (m, 256) packed fingerprints the model is trained on.
        similarity
            (h,) of held-out compounds to the nearest compound that was not held out with them.
            With fewer than 20 the threshold is 0.3.
        outside_share
            Share of them to leave outside, in [0, 1); more lie outside where the threshold would
            pass below :data:`FLOOR`.
        """
        if not 0.0 <= outside_share < 1.0:
            raise InputError(f"outside_share = {outside_share} is outside [0, 1)", cure="use 0.05")
        if len(similarity) < ENOUGH:
            return cls(training, DEFAULT_THRESHOLD)
        found = float(np.quantile(similarity, outside_share, method="lower"))
        return cls(training, max(found, FLOOR))

    def check(
        self, morgan: Bytes, unknown_mask: npt.NDArray[np.bool_] | None = None
    ) -> tuple[npt.NDArray[np.bool_], list[str]]:
        """Say for each compound whether it is inside, and why.

        Parameters
        ----------
        morgan
            (n, 256) packed fingerprints.
        unknown_mask
            (n,) whether the compound holds an atom or bond the model has no feature for.

        Returns
        -------
        in_domain
            (n,) whether it is inside.
        reasons
            (n,) readable text, for compounds inside too.
        """
        similarity, _ = self.nearest(morgan)
        unknown = (
            np.zeros(len(morgan), dtype=np.bool_)
            if unknown_mask is None
            else np.asarray(unknown_mask, dtype=np.bool_)
        )
        if unknown.shape != similarity.shape:
            raise InputError(f"unknown_mask {unknown.shape} for {len(similarity)} compounds")
        near = similarity >= np.float32(self.threshold)
        reasons = [
            self._reason(float(s), bool(u)) for s, u in zip(similarity, unknown, strict=True)
        ]
        return near & ~unknown, reasons

    def neighborhood(self) -> Neighborhood:
        """Return the fast form of this domain's question about similarity, for many compounds."""
        return Neighborhood(self.training, self.threshold)

    def nearest(
        self, morgan: Bytes
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:  # fmt: skip
        """Return (n,) similarity to the nearest training compound and (n,) its index."""
        _check_fingerprints(morgan, "morgan")
        if not len(morgan):
            return np.empty(0, dtype=np.float32), np.empty(0, dtype=np.int64)
        similarity, index = nearest_tanimoto(morgan, self.training)
        return similarity, index

    def describe(self, held_out: Bytes, errors: Floats | None = None) -> DomainFit:
        """Tell how held-out compounds fare, and whether those inside are predicted better.

        Parameters
        ----------
        held_out
            (h, 256) packed fingerprints.
        errors
            (h,) absolute errors of their predictions, NaN where unknown.
        """
        inside, _ = self.check(held_out)
        values = np.full(len(held_out), np.nan) if errors is None else np.asarray(errors)
        return domain_fit(inside, values)

    def to_arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return plain arrays for a bundle."""
        return {
            "training": self.training,
            "threshold": np.array([self.threshold], dtype=np.float64),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> FingerprintDomain:
        """Return what :meth:`to_arrays` wrote.

        Raises
        ------
        InputError
            If an array is absent.
        """
        try:
            return cls(np.asarray(arrays["training"]), float(arrays["threshold"][0]))
        except KeyError as error:
            raise InputError(f"the domain lacks the array {error}") from None

    def _reason(self, similarity: float, unknown: bool) -> str:  # noqa: FBT001 - one of two facts
        near = f"nearest training compound has similarity {similarity:.2f}"
        parts = []
        if similarity < np.float32(self.threshold):
            parts.append(f"far from the training set: {near}, {self.threshold:.2f} is needed")
        if unknown:
            parts.append("holds an atom or bond the model has no feature for")
        return "; ".join(parts) or near


def _mean(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _check_fingerprints(array: Bytes, name: str) -> None:
    if array.dtype != np.uint8 or array.ndim != 2 or array.shape[1] != FINGERPRINT_BYTES:  # noqa: PLR2004 - (n, bytes)
        raise InputError(
            f"{name} is {array.dtype} of shape {array.shape}, uint8 (n, {FINGERPRINT_BYTES}) is "
            "needed"
        )
